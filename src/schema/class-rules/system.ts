import type { ClassRule } from './rule.ts';

/** What the system and any program may write. */
export const system = [
  {
    class: 'sqlite_journal',
    means: "SQLite's write-ahead log or rollback journal",
    paths: ['**/*.{db,db3,sqlite,sqlite3,s3db}-{wal,shm,journal}'],
    signs: [{ paths: ['**/*-{wal,journal}'], beside: ['<stem>'] }],
  },
  {
    class: 'sqlite_data',
    means: 'a database of SQLite: by its name, or by the journal beside it',
    paths: ['**/*.{db3,sqlite,sqlite3,s3db}'],
    signs: [{ paths: ['**/*.db'], beside: ['<name>-wal', '<name>-journal'] }],
  },
  {
    class: 'journald',
    means: 'the journal of systemd',
    paths: ['/{var,run}/log/journal/**', '**/<hex32>/{system,user-<n>}{,@*}.journal*'],
  },
  {
    class: 'log_file',
    means: 'any other log: *.log, rotated ones, and what lies below /var/log',
    paths: [
      '**/*.log{,.<n>,-<n>,.old,.bak,.prev,.current}{,.gz,.zst,.xz,.bz2,.lz4,.zip}',
      '**/*.log{.,-}<n4>-<n2>-<n2>*',
      '**/*.log{.,-}<n8>*',
      '**/*.log.<n>.{current,old}',
      '**/*.log.{INFO,WARNING,ERROR,FATAL}{,.*}',
      '**/{access,error}_log{,.*,-*}',
      '**/{catalina.*,catalina,nohup}.out',
      '/var/log/**',
    ],
    signs: [{ paths: ['**/LOG{,.old*}'], beside: ['CURRENT'] }],
  },
  {
    class: 'block_device',
    means: 'a block device opened as a file',
    paths: ['/dev/{sd,vd,xvd,nvme,dm-,loop,md,nbd,mmcblk,zd,rbd,sr,bcache}*', '/dev/mapper/*'],
  },
] as const satisfies readonly ClassRule[];
