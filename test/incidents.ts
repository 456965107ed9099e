import { readFileSync } from 'node:fs';
import type { Diagnosis } from '../src/query/findings/diagnose.ts';
import { diagnose } from '../src/query/findings/diagnose.ts';
import type { RuleId } from '../src/query/findings/finding.ts';
import { investigate } from '../src/query/findings/investigate.ts';
import type { Db } from '../src/schema/open.ts';
import { wallUs } from '../src/schema/units.ts';

/** What a diagnosis of an incident of test/kernel/incidents must say first. */
type Incident = {
  readonly name: string;
  readonly happens: string;
  /** `null`: nothing is wrong. */
  readonly rule: RuleId | null;
  /** Container whose waiting is asked about; without it everybody's. */
  readonly container?: string;
  /** Whom, which disk, and which class of files the finding names, where it must. */
  readonly who?: string;
  readonly device?: string;
  readonly file_class?: string;
};

export const incidents: readonly Incident[] = [
  { name: 'control', happens: 'a light mixed load', rule: null },
  {
    name: 'fsync-storm',
    happens: 'a container syncs hundreds of times a second',
    rule: 'fsync-storm',
    who: 'fsync-storm',
    file_class: 'writable_layer',
  },
  {
    name: 'slow-device',
    happens: 'a disk takes 60 ms longer for each request',
    rule: 'slow-device',
    device: 'slow',
  },
  {
    name: 'copy-up',
    happens: 'a container writes to a file of 24 MiB of its image',
    rule: 'copy-up',
    who: 'copy-up',
  },
  {
    name: 'io-max',
    happens: 'a container writes more than its io.max lets it',
    rule: 'io-limit',
    who: 'io-max',
  },
  {
    name: 'log-writer',
    happens: 'a container logs megabytes a second',
    rule: 'log-writes',
    file_class: 'container_log',
  },
  {
    name: 'deleted-file',
    happens: 'a large file is deleted and held open',
    rule: 'deleted-files',
    who: 'deleted-file',
  },
  {
    name: 'log-reader',
    happens: 'an agent reads the logs of all pods',
    rule: 'log-reads',
    who: 'log-reader',
    file_class: 'container_log',
  },
  {
    name: 'image-import',
    happens: 'containerd imports an image',
    rule: 'image-pull',
    file_class: 'content_ingest',
  },
  {
    name: 'starved-reader',
    happens: 'a container reads from a disk that its neighbour syncs to',
    rule: 'fsync-storm',
    who: 'syncer',
    container: 'starved-reader',
  },
  {
    name: 'inodes',
    happens: 'a container fills the inodes of the file system of the writable layers',
    rule: 'inodes',
    who: 'inodes',
    device: 'upper',
  },
  {
    name: 'dirty-throttling',
    happens: 'a container with a memory limit writes more than the disk takes',
    rule: 'dirty-throttling',
    who: 'dirty-throttling',
  },
];

/** Diagnoses a recording from what test/kernel/incidents noted about the window. */
export function diagnoseWindow(db: Db, windowFile: string, container?: string): Diagnosis {
  const [calm = 0, began = 0, ended = 0] = readFileSync(windowFile, 'utf8').trim().split(' ').map(Number);
  return diagnose(db, {
    periods: {
      baseline: { fromUs: wallUs(calm), toUs: wallUs(began) },
      window: { fromUs: wallUs(began), toUs: wallUs(ended) },
    },
    container,
  });
}

/** The same, of the day that ends with the incident, and no word of when it was or what to compare it with. */
export function investigateDay(db: Db, windowFile: string, container?: string): Diagnosis {
  const [, , ended = 0] = readFileSync(windowFile, 'utf8').trim().split(' ').map(Number);
  const DAY_US = 86_400e6;
  return investigate(db, {
    periods: {
      baseline: { fromUs: wallUs(ended - 2 * DAY_US), toUs: wallUs(ended - DAY_US) },
      window: { fromUs: wallUs(ended - DAY_US), toUs: wallUs(ended) },
    },
    container,
  });
}

/** Of the first finding what the table names. */
export function firstFinding({ findings }: Diagnosis, { who, device, file_class }: Incident) {
  const [first] = findings;
  const named = <Value>(expected: string | undefined, value: Value) =>
    expected === undefined ? undefined : value;
  return {
    rule: first?.rule ?? null,
    who: named(who, first?.who),
    device: named(device, first?.device),
    file_class: named(file_class, first?.file_class),
  };
}

/** Whether there is anything to diagnose: of nothing, nothing is wrong. */
export const isRecorded = ({ hasBaseline, window_s }: Diagnosis): boolean => hasBaseline && window_s > 0;

/** Rules that found something and have no row to show for it. */
export const unproven = ({ findings }: Diagnosis): RuleId[] =>
  findings.flatMap(({ rule, evidence }) => (evidence[0]?.rows.length ? [] : [rule]));
