/** Where a file lies. */
export type Place = (typeof places)[number]['place'];

/** One row of the table: files whose path, in the container or on the host, is one of these globs. */
export type ClassRule = {
  readonly class: string;
  /** What its files are, in a sentence. */
  readonly means: string;
  /** See glob.ts. */
  readonly paths: readonly string[];
  /** Only files in these places; without it in all. */
  readonly places?: readonly Place[];
  /** Only files met by what runs outside containers. */
  readonly isHostOnly?: true;
};

/** Every place, and the host paths that tell it; where there are none, the lookups do. The first that fits counts. */
export const places = [
  {
    place: 'device',
    means: 'no file: what is done with the device itself',
    paths: ['(no file)', '(swap)', '(file system *)', '(process memory: **)'],
  },
  {
    place: 'writable_layer',
    means: 'the writable layer of a container (overlayfs: upperdir)',
    paths: [
      '(file being copied up)',
      '**/io.containerd.runtime.v<n>.task/*/*/rootfs/**',
      '**/io.containerd.snapshotter.v1.*/snapshots/*/work/**',
      '**/{overlay2,overlay}/*/work/**',
    ],
  },
  {
    place: 'image_layer',
    means: 'a layer of an image, read-only to containers',
    paths: ['**/io.containerd.snapshotter.v1.*/snapshots/**', '**/{overlay2,overlay}/*/diff/**'],
  },
  {
    place: 'volume_empty_dir',
    means: 'a Kubernetes emptyDir',
    paths: ['**/pods/*/volumes/kubernetes.io~empty-dir/**'],
  },
  {
    place: 'volume_config',
    means: 'a configMap, secret, projected or downwardAPI volume',
    paths: ['**/pods/*/volumes/kubernetes.io~{configmap,secret,projected,downward-api}/**'],
  },
  {
    place: 'volume_csi',
    means: 'a persistent volume of a CSI driver',
    paths: ['**/pods/*/volumes/kubernetes.io~csi/**', '**/plugins/kubernetes.io/csi/**'],
  },
  {
    place: 'volume_nfs',
    means: 'an NFS volume, or anything else on NFS',
    paths: ['**/pods/*/volumes/kubernetes.io~nfs/**'],
  },
  {
    place: 'volume_local',
    means: 'a local persistent volume: a disk or directory of this node',
    paths: ['**/pods/*/volumes/kubernetes.io~local-volume/**', '**/plugins/kubernetes.io/local-volume/**'],
  },
  {
    place: 'volume_subpath',
    means: 'a subPath of a Kubernetes volume; its path does not tell which kind',
    paths: ['**/pods/*/volume-subpaths/**'],
  },
  {
    place: 'volume_other',
    means: 'a Kubernetes volume of another driver',
    paths: ['**/pods/*/volumes/*~*/**', '**/plugins/kubernetes.io/*/mounts/**'],
  },
  {
    place: 'volume_named',
    means: 'a named or anonymous volume of Docker, Podman or nerdctl',
    paths: ['**/volumes/*/_data/**'],
  },
  {
    place: 'volume_host_path',
    means: 'a file or directory of the host mounted into the container (hostPath, bind mount)',
    paths: [],
  },
  {
    place: 'memory',
    means: 'tmpfs, memfd, shared memory: no disk',
    paths: ['(anonymous file)', '/dev/{shm,hugepages,mqueue}/**'],
  },
  { place: 'host', means: "the host's own file systems", paths: [] },
  { place: 'unknown', means: 'its path is not known, or not where that is', paths: ['(**'] },
] as const satisfies readonly {
  readonly place: string;
  readonly means: string;
  readonly paths: readonly string[];
}[];

/** What nobody's rules may take: our own files, and what is not a named file (the labels of naming/labels.ts). */
const nameless = [
  {
    class: 'iotrace',
    means: "iotrace's own database, and the files it proves its probes with",
    paths: ['**/iotrace.db{,-wal,-shm}', '**/.iotrace-canary-*/**'],
  },
  {
    class: 'no_file',
    means: 'an operation without a file: cache flush, discard, sync of everything',
    paths: ['(no file)'],
  },
  {
    class: 'journal',
    means: 'the journal of a file system, where it is told apart from its metadata',
    paths: ['(file system journal)'],
  },
  {
    class: 'fs_metadata',
    means: "a file system's own blocks: inodes, directories, allocation, journal",
    paths: ['(file system metadata)'],
  },
  {
    class: 'swap',
    means: 'swap: memory written out, and read back',
    paths: ['(swap)', '/swap{,file,file<n>,.img}'],
  },
  {
    class: 'direct_io',
    means: 'memory of a process moved without the page cache; with swap where that is not told apart',
    paths: ['(process memory: **)'],
  },
  {
    class: 'copy_up',
    means: 'a file while overlayfs copies it up, before it has its name',
    paths: ['(file being copied up)', '**/work/work/#<hex>'],
  },
  { class: 'anonymous', means: 'memfd, pipe, socket: no file of a file system', paths: ['(anonymous file)'] },
  {
    class: 'unknown',
    means: 'a file whose path is not known',
    paths: ['(**'],
  },
] as const satisfies readonly ClassRule[];

const runtimes = [
  {
    class: 'containerd_metadata',
    means: "containerd's metadata database (bolt): about a dozen syncs for a container's life",
    paths: ['**/io.containerd.metadata.v1.bolt/**'],
  },
  {
    class: 'snapshotter_metadata',
    means: "the database of containerd's snapshotter: syncs when a snapshot comes or goes",
    paths: ['**/io.containerd.snapshotter.v1.*/*.db'],
  },
  {
    class: 'content_ingest',
    means: 'image content on its way in: pull, import, build',
    paths: [
      '**/io.containerd.content.v1.content/ingest/**',
      '/var/lib/docker/tmp/**',
      '/var/tmp/container_images_*{,/**}',
    ],
  },
  {
    class: 'content_blob',
    means: 'stored image content: compressed layers, configs, manifests',
    paths: ['**/io.containerd.content.v1.content/blobs/**'],
  },
  {
    class: 'snapshot_unpack',
    means: 'a layer the runtime unpacks or reads itself: image pull, commit, build',
    paths: ['**/snapshots/**', '**/{overlay2,overlay}/*/diff/**'],
    places: ['image_layer'],
    isHostOnly: true,
  },
  {
    class: 'image_metadata',
    means: 'the index of images and layers that Docker, Podman and CRI-O keep',
    paths: [
      '**/docker/image/**',
      '**/storage/overlay-{images,layers}/**',
      '**/storage/overlay/*/{link,lower}',
    ],
  },
  {
    class: 'container_log',
    means: 'stdout and stderr of containers, as the runtime stores them',
    paths: [
      '/var/log/{pods,containers}/**',
      '**/<hex64>-json.log*',
      '**/docker/containers/<hex64>/local-logs/*',
      '**/overlay-containers/<hex64>/userdata/ctr.log*',
    ],
  },
  {
    class: 'build_cache',
    means: 'cache and databases of BuildKit',
    paths: ['**/{docker,lib}/buildkit/**'],
  },
  {
    class: 'runtime_state',
    means: 'what containerd, its shims, runc, Docker, Podman and CRI-O note about running containers',
    paths: [
      '**/io.containerd.{runtime,grpc,sandbox,ttrpc,mount-manager,nri}*/**',
      '/run/{containerd,docker,runc,crun,k3s,crio,containers,libpod}/**',
      '/var/lib/{containerd,docker,crio}/**',
      '/var/lib/containers/**',
      '**/k3s/agent/containerd/**',
    ],
    places: ['host', 'memory', 'volume_host_path'],
  },
  {
    class: 'kubelet_state',
    means: "the kubelet's own files: checkpoints, certificates, a pod's /etc/hosts and termination messages",
    paths: [
      '**/{lib,k0s}/kubelet/{*,device-plugins/**,pki/**,checkpoints/**,pod-resources/**,plugins_registry/**}',
      '**/kubelet/pods/*/{etc-hosts,containers/*/*,plugins/**}',
    ],
  },
] as const satisfies readonly ClassRule[];

const databases = [
  {
    class: 'etcd_wal',
    means: "etcd's write-ahead log: each write waits for its sync",
    paths: ['**/member/wal/*', '**/wal/<hex16>-<hex16>.wal'],
  },
  { class: 'etcd_data', means: "etcd's database (bolt) and snapshots", paths: ['**/member/snap/*'] },
  {
    class: 'postgres_wal',
    means: "PostgreSQL's write-ahead log: each commit waits for its sync",
    paths: ['**/{pg_wal,pg_xlog}/**'],
  },
  {
    class: 'postgres_data',
    means: "PostgreSQL's tables, indexes, transaction status, temporary files",
    paths: [
      '**/base/<n>/<n>{,.<n>,_fsm*,_vm*,_init}',
      '**/base/<n>/{t<n>_<n>*,pg_*}',
      '**/base/pgsql_tmp/**',
      '**/global/{<n>*,pg_*}',
      '**/pg_{xact,clog,multixact,subtrans,commit_ts,logical,replslot,notify,stat,stat_tmp,tblspc,twophase,serial,snapshots}/**',
    ],
  },
  { class: 'redis_aof', means: "Redis' append-only file", paths: ['**/appendonlydir/*', '**/*.aof'] },
  { class: 'redis_rdb', means: "Redis' snapshot", paths: ['**/*.rdb'] },
  {
    class: 'mysql_redo',
    means: "InnoDB's redo log and doublewrite buffer",
    paths: ['**/#innodb_redo/*', '**/ib_logfile<n>', '**/#ib_<n>_<n>.*dblwr'],
  },
  {
    class: 'mysql_binlog',
    means: "MySQL's and MariaDB's binary and relay logs",
    paths: ['**/{binlog,*-bin}.{<n6>,index}'],
  },
  {
    class: 'mysql_data',
    means: "MySQL's and MariaDB's tables, undo and temporary table spaces",
    paths: [
      '**/*.{ibd,ibt,frm,MYD,MYI,MAD,MAI}',
      '**/{ibdata<n>,ibtmp<n>,undo_<n>,undo<n3>,aria_log*}',
      '**/#innodb_temp/*',
    ],
  },
  {
    class: 'kafka_segment',
    means: "Kafka's partitions: segments and their indexes",
    paths: ['**/*-<n>{,.*-delete}/<n20>*', '**/*-<n>/{leader-epoch-checkpoint,partition.metadata}'],
  },
  {
    class: 'mongodb_journal',
    means: "WiredTiger's journal: MongoDB's write-ahead log",
    paths: ['**/WiredTiger{Log,Preplog,Tmplog}.<n>'],
  },
  {
    class: 'mongodb_data',
    means: "MongoDB's collections and indexes (WiredTiger)",
    paths: ['**/*.wt', '**/WiredTiger{,.lock,.turtle,.turtle.set,.backup}', '**/mongod.lock'],
  },
  {
    class: 'prometheus_wal',
    means: "Prometheus' write-ahead log and head chunks",
    paths: ['**/{wal,wbl}/{,checkpoint.<n8>/}<n8>', '**/chunks_head/<n6>'],
  },
  {
    class: 'prometheus_data',
    means: "Prometheus' blocks",
    paths: ['**/01????????????????????????/{chunks/<n6>,index,tombstones,meta.json}'],
  },
  {
    class: 'lucene_translog',
    means: 'the transaction log of Elasticsearch and OpenSearch',
    paths: ['**/translog/translog*'],
  },
  {
    class: 'lucene_data',
    means: "Lucene's segments: Elasticsearch, OpenSearch, Solr",
    paths: ['**/indices/*/<n>/index/*', '**/data/index{,.<n>}/{_*.*,segments_*}'],
  },
  { class: 'rocksdb_wal', means: 'the write-ahead log of RocksDB or LevelDB', paths: ['**/<n6>.log'] },
  {
    class: 'rocksdb_data',
    means: 'tables and manifests of RocksDB or LevelDB',
    paths: ['**/<n6>.{sst,ldb,blob,dbtmp}', '**/MANIFEST-<n6>', '**/OPTIONS-<n6>'],
  },
  {
    class: 'sqlite_journal',
    means: "SQLite's write-ahead log or rollback journal",
    paths: ['**/*.{db,db3,sqlite,sqlite3,s3db}-{wal,shm,journal}'],
  },
  {
    class: 'sqlite_data',
    means: 'a database of SQLite, as far as its name tells (.db, .sqlite)',
    paths: ['**/*.{db,db3,sqlite,sqlite3,s3db}'],
  },
] as const satisfies readonly ClassRule[];

const system = [
  {
    class: 'journald',
    means: 'the journal of systemd',
    paths: ['/{var,run}/log/journal/**', '**/<hex32>/{system,user-<n>}{,@*}.journal*'],
  },
  {
    class: 'log_file',
    means: 'any other log: *.log and what lies below /var/log',
    paths: ['**/*.log{,.*,-*}', '/var/log/**'],
  },
  {
    class: 'block_device',
    means: 'a block device opened as a file',
    paths: ['/dev/{sd,vd,xvd,nvme,dm-,loop,md,nbd,mmcblk,zd,rbd,sr,bcache}*', '/dev/mapper/*'],
  },
] as const satisfies readonly ClassRule[];

/** The table. Precedence: what has no name, then the user's own rules, then the rest in this order. */
export const namelessRules: readonly ClassRule[] = nameless;
export const namedRules: readonly ClassRule[] = [...runtimes, ...databases, ...system];

/** What a file is called that no rule knows: after its place, or, where that says too little, `other`. */
export const OTHER = 'other';
export const saysLittle = (place: Place): boolean => ['host', 'device', 'unknown'].includes(place);

/** Every class a file may be of without rules of the user's own. */
export const classNames: readonly string[] = [
  ...new Set([...namelessRules, ...namedRules].map((rule) => rule.class)),
  ...places.map(({ place }) => place).filter((place) => !saysLittle(place)),
  OTHER,
];
