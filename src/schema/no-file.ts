/** Why an operation has no file: the name hash that the programs in bpf/ send with inode 0. */
export const WITHOUT_FILE = {
  NO_FILE: { hash: 0, label: '(no file)' },
  NO_FILE_METADATA: { hash: 1, label: '(file system metadata)' },
  NO_FILE_MEMORY: { hash: 2, label: '(process memory: direct I/O)' },
  NO_FILE_UNKNOWN: { hash: 3, label: '(file not known)' },
  NO_FILE_BEYOND: { hash: 4, label: '(files and processes beyond --map-memory)' },
  NO_FILE_NOT_OPENED: { hash: 5, label: '(not opened)' },
  NO_FILE_ANY: { hash: 6, label: '(any file)' },
  NO_FILE_JOURNAL: { hash: 7, label: '(file system journal)' },
  NO_FILE_SWAP: { hash: 8, label: '(swap)' },
} as const;
