import type { ClassRule } from './rule.ts';

/** What container runtimes and the kubelet write. */
export const runtimes = [
  {
    class: 'containerd_metadata',
    means: "containerd's metadata database (bolt): about a dozen syncs for a container's life",
    paths: ['**/io.containerd.metadata.v1.bolt/**'],
  },
  {
    class: 'snapshotter_metadata',
    means: "the database of containerd's snapshotter: syncs when a snapshot comes or goes",
    paths: [
      '**/io.containerd.snapshotter.v1.*/*.db',
      '**/{containerd-stargz-grpc/snapshotter,containerd-nydus}/*.db',
    ],
  },
  {
    class: 'content_ingest',
    means: 'image content on its way in: pull, import, build',
    paths: [
      '**/io.containerd.content.v1.content/ingest/**',
      '/var/lib/docker/tmp/**',
      '**/tmp/GetImageBlob<n>',
      '/var/tmp/container_images_*{,/**}',
    ],
  },
  {
    class: 'content_blob',
    means: 'stored image content: compressed layers, configs, manifests',
    paths: ['**/io.containerd.content.v1.content/blobs/**'],
  },
  {
    class: 'lazy_image',
    means: 'content of images that are fetched when first read: stargz, nydus, overlaybd',
    paths: [
      '**/containerd-stargz-grpc/stargz/**',
      '**/containerd-nydus/cache/**',
      '**/<hex64>.blob.{data,meta,data.chunk_map}',
      '/opt/overlaybd/{registry_cache,gzip_cache}/**',
      '**/io.containerd.snapshotter.v1.overlaybd/snapshots/*/block/**',
      '**/io.containerd.snapshotter.v1.*/snapshots/*/{layer.erofs,rwlayer.img}',
    ],
  },
  {
    class: 'snapshot_unpack',
    means: 'a layer the runtime unpacks or reads itself: image pull, commit, build',
    paths: [
      '**/{snapshots,view,subvolumes}/**',
      '**/{overlay2,overlay,fuse-overlayfs}/*/diff/**',
      '**/{vfs/dir,zfs/graph}/**',
    ],
    places: ['image_layer'],
    isHostOnly: true,
  },
  {
    class: 'image_metadata',
    means: 'the index of images and layers that Docker, Podman and CRI-O keep',
    paths: [
      '**/image/{overlay2,overlayfs,vfs,btrfs,zfs,fuse-overlayfs}/{repositories.json,.tmp-repositories.json*}',
      '**/image/{overlay2,overlayfs,vfs,btrfs,zfs,fuse-overlayfs}/{layerdb,imagedb,distribution}/**',
      '**/storage/{overlay,vfs,btrfs,zfs}-{images,layers}/**',
      '**/storage/overlay/*/{link,lower}',
    ],
  },
  {
    class: 'container_log',
    means: 'stdout and stderr of containers, as the runtime stores them',
    paths: [
      '/var/log/{pods,containers}/**',
      // /var/log/pods may be a link to another disk.
      '**/pods/*_*_{<hex8>-<hex4>-<hex4>-<hex4>-<hex12>,<hex32>}/*/<n>.log*',
      '**/*_*_*-<hex64>.log',
      '**/<hex64>-json.log*',
      '**/containers/<hex64>/local-logs/*',
      '**/{overlay,vfs,btrfs,zfs}-containers/<hex64>/userdata/ctr.log*',
    ],
  },
  {
    class: 'build_cache',
    means: 'cache and databases of BuildKit',
    paths: [
      '/var/lib/{docker/buildkit,buildkit}/**',
      '**/buildkit/{cache,snapshots,metadata_v2,history,history_c8d,containerdmeta}.db',
      '**/buildkit/{content,executor,net}/**',
      '**/buildkit/runc-*/**',
    ],
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
      '/var/lib/{containerd-stargz-grpc,containerd-nydus,nerdctl}/**',
      '/var/snap/microk8s/common/{var/lib,run}/containerd/**',
      '/var/snap/docker/common/{var-lib-docker,run}/**',
      '**/containers/<hex64>/{config.v2.json,hostconfig.json,hostname,hosts,resolv.conf,resolv.conf.hash}',
      '**/{overlay,vfs,btrfs,zfs}-containers/{containers,volatile-containers}.json',
      '**/{overlay,vfs,btrfs,zfs}-containers/<hex64>/userdata/**',
    ],
    places: ['host', 'memory', 'volume_host_path'],
  },
  {
    class: 'kubelet_state',
    means: "the kubelet's own files: checkpoints, certificates, a pod's /etc/hosts and termination messages",
    paths: [
      '{/var/lib,/var/lib/k0s,/var/snap/microk8s/common/var/lib}/kubelet/{*,device-plugins/**,pki/**,checkpoints/**,pod-resources/**,plugins_registry/**}',
      '**/kubelet/pods/*/{etc-hosts,containers/*/*,plugins/**}',
    ],
  },
] as const satisfies readonly ClassRule[];
