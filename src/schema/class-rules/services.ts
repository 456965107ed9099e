import type { ClassRule } from './rule.ts';

/** What monitoring, messaging, coordination and storage services write. */
export const services = [
  {
    class: 'loki_wal',
    means: "Loki's write-ahead log",
    paths: ['**/loki/**/{wal,checkpoint.<n6>}/<n8>', '**/checkpoint.<n6>{,.tmp}/<n8>'],
    signs: [
      {
        paths: ['**/wal/<n8>'],
        beside: ['../tsdb-shipper-active', '../boltdb-shipper-active', '../compactor'],
      },
    ],
  },
  {
    class: 'loki_data',
    means: "Loki's chunks and indexes",
    paths: ['**/loki/{,data/}{chunks,tsdb-shipper-*,boltdb-shipper-*,index,index_cache,compactor}/**'],
  },
  {
    class: 'tempo_wal',
    means: "Tempo's write-ahead log",
    paths: [
      '**/wal/<hex8>-<hex4>-<hex4>-<hex4>-<hex12>+*/**',
      '**/wal/<hex8>-<hex4>-<hex4>-<hex4>-<hex12>+*',
    ],
  },
  {
    class: 'prometheus_wal',
    means: "Prometheus' write-ahead log and head chunks; also Mimir's and Thanos'",
    paths: [
      '**/prometheus{,-*}/**/{wal,wbl}/<n8>',
      '**/{wal,wbl}/checkpoint.<n8>{,.tmp}/<n8>',
      '**/data-agent/wal/<n8>',
      '**/chunks_head/<n6+>{,.tmp}',
    ],
    signs: [{ paths: ['**/{wal,wbl}/<n8>'], beside: ['../chunks_head', '../queries.active'] }],
  },
  {
    class: 'prometheus_data',
    means: "Prometheus' blocks; also Mimir's and Thanos'",
    paths: [
      '**/01????????????????????????{,.tmp-for-creation,.tmp-for-deletion}/{chunks/<n6+>,index,tombstones,meta.json}',
    ],
  },
  {
    class: 'victoriametrics_data',
    means: 'parts of VictoriaMetrics and VictoriaLogs',
    paths: ['**/{victoria-metrics-data,vmstorage-data,victoria-logs-data,vmagent-remotewrite-data}/**'],
    signs: [
      { paths: ['**/{timestamps,values,index,items,lens}.bin'], beside: ['metaindex.bin'] },
      { paths: ['**/metaindex.bin'], beside: ['values.bin', 'items.bin', 'timestamps.bin'] },
    ],
  },
  {
    class: 'influxdb_wal',
    means: "InfluxDB's write-ahead log",
    paths: ['**/wal/**/_<n5+>.wal', '**/wal/<n11>.wal'],
  },
  {
    class: 'influxdb_data',
    means: "InfluxDB's shards, series and metadata",
    paths: [
      '**/<n9>-<n9>.tsm{,.tmp}',
      '**/_series/<n2>/{<n4>,index}',
      '**/L<n>-<n8>.{tsl,tsi}',
      '**/influxd.bolt',
      '**/influxdb*/meta/meta.db',
    ],
    signs: [
      { paths: ['**/fields.{idx,idxl}'], beside: ['index', 'fields.idx'] },
      { paths: ['**/index/<n>/MANIFEST'], beside: ['../../fields.idx', '../../fields.idxl'] },
    ],
  },
  {
    class: 'zookeeper_log',
    means: 'the transaction log of ZooKeeper and ClickHouse Keeper',
    paths: ['**/version-2/log.<hex>', '**/changelog_<n>_<n>.bin{,.zstd}'],
  },
  {
    class: 'zookeeper_data',
    means: 'snapshots of ZooKeeper and ClickHouse Keeper',
    paths: [
      '**/version-2/snapshot.<hex>{,.gz,.snappy}',
      '**/version-2/{acceptedEpoch,currentEpoch}',
      '**/{tmp_,}snapshot_<n>.bin{,.zstd}',
    ],
  },
  {
    class: 'raft_log',
    means: 'the Raft log of Consul, Vault and Nomad',
    paths: ['**/raft/{raft.db,wal/<n20>-<hex16>.wal,wal/wal-meta.db}'],
  },
  {
    class: 'raft_data',
    means: 'state and snapshots of Consul, Vault and Nomad',
    paths: ['**/raft/snapshots/**', '**/serf/{local,remote}.{snapshot,keyring}'],
    signs: [{ paths: ['**/vault.db'], beside: ['raft'] }],
  },
  {
    class: 'nats_data',
    means: 'streams, consumers and Raft logs of NATS JetStream',
    paths: [
      '**/msgs/<n>.{blk,idx,fss,key}',
      '**/msgs/index.db',
      '**/jetstream/**/{meta.inf,meta.sum,o.dat,state.dat,peers.idx,tav.idx,snap.*}',
    ],
  },
  {
    class: 'rabbitmq_wal',
    means: "RabbitMQ's write-ahead log of quorum queues, and journals of classic ones",
    paths: ['**/{quorum,coordination}/*@*/<n8+>.wal', '**/{queues,msg_stores}/**/journal.jif'],
  },
  {
    class: 'rabbitmq_data',
    means: "RabbitMQ's message stores and metadata",
    paths: [
      '**/msg_store{s,_persistent,_transient}/**',
      '**/{quorum,coordination,stream}/*@*/**',
      '**/mnesia/*@*/**',
    ],
  },
  {
    class: 'pulsar_journal',
    means: "BookKeeper's journal: Pulsar's write-ahead log",
    paths: ['**/journal*/current/<hex>.txn', '**/current/<hex>.txn'],
  },
  {
    class: 'pulsar_data',
    means: "BookKeeper's entry logs and indexes: Pulsar's ledgers",
    paths: ['**/current/lastMark'],
    signs: [{ paths: ['**/current/<hex>.{log,log.compacting,compacted}'], beside: ['lastMark', 'VERSION'] }],
  },
  {
    class: 'activemq_journal',
    means: 'the journal of ActiveMQ (KahaDB) and Artemis',
    paths: ['**/activemq-{data,bindings,jms}-<n>.{amq,bindings,jms}'],
    signs: [
      { paths: ['**/db-<n>.log', '**/db.{redo,free}'], beside: ['db.data'] },
      { paths: ['**/db.data'], beside: ['db.redo'] },
    ],
  },
  {
    class: 'hdfs_edits',
    means: 'the edit log and images of the HDFS name node',
    paths: ['**/current/{edits_<n19>-<n19>,edits_inprogress_<n19>,fsimage_<n19>*}'],
  },
  {
    class: 'hdfs_block',
    means: 'blocks of HDFS data nodes',
    paths: ['**/blk_<n>{,_<n>.meta}'],
  },
  {
    class: 'minio_data',
    means: 'objects and metadata of MinIO',
    paths: ['**/xl.meta{,.bkp}', '**/.minio.sys/**'],
    signs: [{ paths: ['**/part.<n>'], beside: ['../xl.meta'] }],
  },
  {
    class: 'virtual_disk',
    means: 'the disk of a virtual machine, or of a replicated volume (Longhorn, OpenEBS)',
    paths: [
      '**/*.{qcow2,vmdk,vdi,vhd,vhdx}',
      '**/volume-{head,snap}-*.img',
      '**/{kubevirt-private,vmi-disks,hotplug-disks}/**/disk.img',
    ],
  },
] as const satisfies readonly ClassRule[];
