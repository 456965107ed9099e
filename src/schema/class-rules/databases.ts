import type { ClassRule } from './rule.ts';

/** What databases write. Before the rules for logs: many call their write-ahead log `*.log`. */
export const databases = [
  {
    class: 'etcd_wal',
    means: "etcd's write-ahead log: each write waits for its sync",
    paths: ['**/<hex16>-<hex16>.wal{,.broken}', '**/{wal,wal.tmp}/<n>.tmp', '**/member/{wal,wal.tmp}/'],
  },
  {
    class: 'etcd_data',
    means: "etcd's database (bolt) and snapshots",
    paths: ['**/member/snap/{,db,db.tmp*,tmp*,<hex16>-<hex16>.snap*,<hex16>.snap.db}'],
  },
  {
    class: 'postgres_wal',
    means: "PostgreSQL's write-ahead log: each commit waits for its sync",
    paths: [
      '**/{pg_wal,pg_xlog}/**',
      // Timeline, then 16 MiB segments: an ObjectId of MongoDB has as many digits, but begins with the time.
      '**/0000<hex4><hex8>00000<hex3>{,.partial,.<hex8>.backup,.gz,.lz4,.zst}',
      '**/0000<hex4>.history',
    ],
  },
  {
    class: 'postgres_data',
    means: "PostgreSQL's tables, indexes, transaction status, temporary files",
    paths: [
      '**/PG_<n>{,.<n>}_<n>/<n>/{,t<n>_}<n>{,.<n>,_fsm*,_vm*,_init}',
      '**/{postgres*,pgdata*,pgsql*}/**/base/<n>/{,t<n>_}<n>{,.<n>,_fsm*,_vm*,_init}',
      '**/{postgres*,pgdata*,pgsql*}/**/global/<n>{,_fsm,_vm}',
      '**/pgsql_tmp/pgsql_tmp*',
      '**/{pg_control,pg_filenode.map,pg_internal.init}',
      '**/pg_{xact,clog,multixact,subtrans,commit_ts,logical,replslot,notify,stat,stat_tmp,tblspc,twophase,serial,snapshots,dynshmem}/**',
    ],
    signs: [
      {
        paths: ['**/base/<n>/{,t<n>_}<n>{,.<n>,_fsm*,_vm*,_init}', '**/postmaster.{pid,opts}'],
        beside: ['PG_VERSION'],
      },
      { paths: ['**/global/<n>{,_fsm,_vm}'], beside: ['pg_control'] },
    ],
  },
  {
    class: 'redis_aof',
    means: "Redis' append-only file, and Valkey's",
    paths: ['**/appendonlydir/*', '**/*.aof{,.manifest}', '**/*.aof.<n>.{base,incr}.{aof,rdb}'],
  },
  {
    class: 'redis_rdb',
    means: "Redis' snapshot, and Valkey's",
    paths: ['**/{dump,dump-<n>,dump_<n>,temp-<n>,temp-<n>.<n>}.rdb'],
    signs: [{ paths: ['**/*.rdb'], beside: ['appendonlydir', 'appendonly.aof', 'nodes.conf'] }],
  },
  {
    class: 'mysql_redo',
    means: "InnoDB's redo log and doublewrite buffer",
    paths: ['**/#innodb_redo/*', '**/ib_logfile<n>', '**/#ib_<n>_<n>.{dblwr,bdblwr}'],
  },
  {
    class: 'mysql_binlog',
    means: "MySQL's and MariaDB's binary and relay logs",
    paths: ['**/{binlog,*-bin,*-relay-log}.{<n6+>,index,state,~rec~}'],
    signs: [{ paths: ['**/tc.log'], beside: ['ibdata1', 'mysql.ibd'] }],
  },
  {
    class: 'mysql_data',
    means: "MySQL's and MariaDB's tables, undo and temporary table spaces",
    paths: [
      '**/*.{ibd,ibt,ibu,MYD,MYI,MAD,MAI}',
      '**/{ibdata<n>,ibtmp<n>,ib_buffer_pool,aria_log.<n8>,aria_log_control}',
      '**/#innodb_temp/*',
      '**/{ddl_recovery,ddl-recovery,ddl_recovery-backup}.log',
    ],
    signs: [
      { paths: ['**/{undo_<n>,undo<n3>}'], beside: ['ibdata1', 'mysql.ibd'] },
      { paths: ['**/*.frm'], beside: ['db.opt'] },
    ],
  },
  {
    class: 'mongodb_journal',
    means: "WiredTiger's journal: MongoDB's write-ahead log",
    paths: ['**/WiredTiger{Log,Preplog,Tmplog}.<n>'],
  },
  {
    class: 'mongodb_data',
    means: "MongoDB's collections and indexes (WiredTiger)",
    paths: [
      '**/{collection,index}{-,/}*.wt',
      '**/{_mdb_catalog,sizeStorer,WiredTiger*}.wt',
      '**/WiredTiger{,.lock,.turtle,.turtle.set,.backup}',
      '**/{mongod.lock,storage.bson}',
      '**/diagnostic.data/metrics.*',
    ],
    signs: [{ paths: ['**/*.wt'], beside: ['WiredTiger'] }],
  },
  {
    class: 'cassandra_commitlog',
    means: 'the commit log of Cassandra and ScyllaDB',
    paths: [
      '**/{,Recycled-}CommitLog-<n>-<n>.log',
      '**/CommitLog-<n>-<n>_cdc.idx',
      '**/hints/<hex8>-*.hints',
    ],
  },
  {
    class: 'cassandra_data',
    means: 'tables of Cassandra and ScyllaDB',
    paths: ['**/??-*-{big,bti}-*.{db,txt,crc32,adler32}', '**/*-{ic,jb,ka}-<n>-*.db'],
  },
  {
    class: 'clickhouse_data',
    means: "ClickHouse's parts: columns, marks, indexes",
    paths: [
      '**/*_<n>_<n>_<n>{,_<n>}/{*.bin,*.mrk,*.mrk2,*.mrk3,*.cmrk2,*.cmrk3,*.idx,*.cidx,*.idx2,*.dat}',
      '**/*_<n>_<n>_<n>{,_<n>}/{checksums,columns,count,default_compression_codec,metadata_version,partition}.txt',
    ],
  },
  {
    class: 'kafka_segment',
    means: 'partitions of Kafka and Redpanda: segments and their indexes',
    paths: [
      '**/*-<n>{,.*-delete,.*-stray,.*-future}/<n20>{.*,-*}',
      '**/*-<n>/{leader-epoch-checkpoint,partition.metadata,quorum-state}',
      '**/{recovery-point-offset,replication-offset,log-start-offset,cleaner-offset}-checkpoint{,.tmp}',
      '**/<n>_<n>/<n>-<n>-v<n>.{log,base_index,compaction_index}',
      '**/<n>_<n>/{archival_metadata,snapshot,tx}.*',
    ],
  },
  {
    class: 'lucene_translog',
    means: 'the transaction log of Elasticsearch, OpenSearch and Solr',
    paths: ['**/translog/translog{,-<n>}.{tlog,ckp}', '**/tlog/{,buffer.}tlog.<n19>*'],
  },
  {
    class: 'lucene_data',
    means: "Lucene's segments: Elasticsearch, OpenSearch, Solr",
    paths: [
      '**/_*.{cfs,cfe,si,fdt,fdx,fdm,fnm,tim,tip,tmd,doc,pos,pay,nvd,nvm,dvd,dvm,kdd,kdi,kdm,liv,vec,vem,vex,veq,tvd,tvx,tvm}',
      '**/index{,.<n>}/{segments_*,pending_segments_*,write.lock}',
      '**/_state/{global,node,manifest,state,retention-leases}-<n>.st',
    ],
  },
  {
    class: 'tikv_raft',
    means: "TiKV's Raft log",
    paths: ['**/<n16>.{raftlog,rewrite}'],
  },
  {
    class: 'rocksdb_wal',
    means: 'the write-ahead log of RocksDB, Pebble, LevelDB or Badger',
    paths: ['**/<n6+>-<n3>.log', '**/<n6>.vlog'],
    signs: [
      {
        paths: ['**/<n6+>.log'],
        beside: ['CURRENT', 'LOCK', 'IDENTITY', '../CURRENT', '../IDENTITY'],
      },
      { paths: ['**/<n5>.mem'], beside: ['KEYREGISTRY', 'MANIFEST'] },
    ],
  },
  {
    class: 'rocksdb_data',
    means: 'tables and manifests of RocksDB, Pebble, LevelDB or Badger',
    paths: [
      '**/<n6+>.{sst,ldb,dbtmp}',
      '**/{MANIFEST,OPTIONS}-<n6+>{,.dbtmp}',
      '**/marker.{manifest,format-version}.<n6+>.*',
    ],
    signs: [
      { paths: ['**/<n6+>.blob', '**/{IDENTITY,LOCK}'], beside: ['CURRENT'] },
      { paths: ['**/CURRENT'], beside: ['LOCK', 'IDENTITY'] },
      { paths: ['**/{MANIFEST,DISCARD,KEYREGISTRY}'], beside: ['KEYREGISTRY', 'DISCARD'] },
    ],
  },
  {
    class: 'neo4j_log',
    means: "Neo4j's transaction log",
    paths: ['**/neostore.transaction.db.<n>', '**/transactions/*/checkpoint.<n>'],
  },
  {
    class: 'neo4j_data',
    means: "Neo4j's stores",
    paths: ['**/neostore{,.*}', '**/block.*.db', '**/databases/*/database_lock'],
  },
  {
    class: 'couchdb_data',
    means: 'databases of CouchDB and Couchbase',
    paths: ['**/*.couch{,.<n>,.compact*}'],
  },
  {
    class: 'dqlite',
    means: "dqlite's log and snapshots: MicroK8s, LXD",
    paths: [],
    signs: [
      {
        paths: ['**/{open-<n>,<n16>-<n16>,snapshot-<n>-<n>-<n>*}', '**/metadata<n>'],
        beside: ['metadata1', 'metadata2'],
      },
    ],
  },
] as const satisfies readonly ClassRule[];
