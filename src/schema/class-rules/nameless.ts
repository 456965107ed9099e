import type { ClassRule } from './rule.ts';

/** What nobody's rules may take: our own files, and what is not a named file (the labels of naming/labels.ts). */
export const nameless = [
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
