/** Where a file lies. */
export type Place = (typeof places)[number]['place'];

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
      '**/io.containerd.snapshotter.v1.btrfs/active/**',
      '**/{containerd-stargz-grpc/snapshotter,containerd-nydus}/snapshots/*/work/**',
      '**/{overlay2,overlay}/*/work/**',
    ],
  },
  {
    place: 'image_layer',
    means: 'a layer of an image, read-only to containers',
    paths: [
      '**/io.containerd.snapshotter.v1.*/{snapshots,view}/**',
      '**/{containerd-stargz-grpc/snapshotter,containerd-nydus}/snapshots/**',
      '**/containerd-nydus/cache/**',
      '**/containerd-stargz-grpc/stargz/**',
      '**/{overlay2,overlay,fuse-overlayfs}/*/diff/**',
      '**/{docker,storage}/vfs/dir/*/**',
      '**/{docker,storage}/btrfs/subvolumes/*/**',
      '**/docker/zfs/graph/*/**',
    ],
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
