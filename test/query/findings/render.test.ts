import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../../src/query/findings/diagnose.ts';
import { settingOf, shellWord } from '../../../src/query/findings/playbook.ts';
import { diagnosisJson } from '../../../src/query/render/diagnosis/json.ts';
import { diagnosisMarkdown } from '../../../src/query/render/diagnosis/markdown.ts';
import { diagnosisBrief, diagnosisText } from '../../../src/query/render/diagnosis/text.ts';
import { formatNumber, voice } from '../../../src/query/render/diagnosis/words.ts';
import { api, batch, calmDisk, cases, usual } from './cases.ts';
import type { Incident } from './incident.ts';

const screen = { width: 90, colour: false };
const text = (diagnosis: Diagnosis, language: 'en' | 'zh' = 'en'): string =>
  diagnosisText(diagnosis, { language, screen, hasSql: false });
const incident = (rule: string): Diagnosis =>
  cases
    .find((each) => each.rule === rule)!
    .incident()
    .diagnose();

/** The answer is what stands before the first empty line. */
const answer = (whole: string): string => whole.split('\n\n')[0]!;

describe('the answer comes first', () => {
  test('in English', () => {
    expect(answer(text(incident('slow-device')))).toMatchInlineSnapshot(`
      "P99 of fsync in payments/api-7d9f/api rose from 4.00 ms to 120 ms between 2026-11-21
        12:00:00 and 2026-11-21 12:10:00 UTC. Disk vda: up to 60 % busy.
      Cause: Disk vda became slow: await rose from 1.00 ms to 50.0 ms, at 15.0/s. (sure)
      Do: Look at the disk: its health, its settings, what it is made of, the limits of the
        cloud volume.
      2026-11-21 12:00:00 to 2026-11-21 12:10:00 UTC (10 min). Compared with 2026-11-21 11:50:00
        to 2026-11-21 12:00:00 UTC."
    `);
    expect(answer(text(incident('fsync-storm')))).toMatchInlineSnapshot(`
      "jobs/batch-x2k4q/batch began to wait for fsync: P99 29.9 ms, 1.02 s/s of waiting. Disk
        vda: up to 1.5 % busy.
      Cause: jobs/batch-x2k4q/batch syncs 400/s, 0/s before, and waits 1.02 s/s for it. Mostly
        /data/out, by app: 100 %. (sure)
      Do: Sync once for many records instead of after each.
      2026-11-21 12:00:00 to 2026-11-21 12:10:00 UTC (10 min). Compared with 2026-11-21 11:50:00
        to 2026-11-21 12:00:00 UTC."
    `);
  });

  test('in Chinese', () => {
    expect(answer(text(incident('slow-device'), 'zh'))).toMatchInlineSnapshot(`
      "2026-11-21 12:00:00 到 2026-11-21 12:10:00 UTC 之间，payments/api-7d9f/api 的 fsync P99 从
        4.00 ms 升到 120 ms。磁盘 vda 利用率最高 60 %。
      原因：磁盘 vda 变慢了：单个请求从 1.00 ms 升到 50.0 ms，请求量只有 15.0/s。（确定）
      处置：检查磁盘：健康状况、设置、底层构成、云盘限额。
      2026-11-21 12:00:00 至 2026-11-21 12:10:00 UTC（10 min）。对比 2026-11-21 11:50:00 至
        2026-11-21 12:00:00 UTC。"
    `);
    expect(answer(text(incident('io-limit'), 'zh'))).toMatchInlineSnapshot(`
      "jobs/batch-x2k4q/batch 开始等待 fsync：P99 90.0 ms，等待 900 ms/s。磁盘 vda 利用率最高 1.5
        %。
      原因：jobs/batch-x2k4q/batch 在 vda 上顶到了 I/O 限额：已达 wiops 100/s 的 99 %。（确定）
      处置：提高或取消 jobs/batch-x2k4q/batch 的 I/O 限额。
      2026-11-21 12:00:00 至 2026-11-21 12:10:00 UTC（10 min）。对比 2026-11-21 11:50:00 至
        2026-11-21 12:00:00 UTC。"
    `);
  });

  test('also when nothing is wrong', () => {
    expect(answer(text(calmDisk(usual()).diagnose())).split('\n')[0]).toBe('Nothing is wrong with I/O.');
  });

  test('and what could not be checked is no proof of it', () => {
    const node = calmDisk(usual());
    node.db.exec("DELETE FROM sampler_cost; DELETE FROM coverage_record WHERE probe = 'journal'");
    expect(answer(text(node.diagnose()))).toMatchInlineSnapshot(`
      "Nothing wrong with I/O was found, but 4 of 21 checks could not be made.
      2026-11-21 12:00:00 to 2026-11-21 12:10:00 UTC (10 min). Compared with 2026-11-21 11:50:00
        to 2026-11-21 12:00:00 UTC."
    `);
  });

  test('also when nothing was recorded', () => {
    const node = usual();
    node.db.exec('DELETE FROM interval; DELETE FROM total; DELETE FROM bucket; DELETE FROM tick');
    expect(text(node.diagnose())).toMatchInlineSnapshot(`
      "Nothing was recorded from 2026-11-21 12:00:00 to 2026-11-21 12:10:00 UTC, so there is
        nothing to say about it.

      Checked and not it
         No container layer holds many files.
         No I/O limit is set.
         Inodes suffice: / is fullest, 10 %.
         Space suffices: / is fullest, 40 %.
      "
    `);
  });

  test('without a baseline it does not speak of change', () => {
    const node = calmDisk(usual({ hasBaseline: false }));
    node.does('window', batch, { op: 'fsync', per_s: 400, latency_ns: 2e6 });
    expect(answer(text(node.diagnose()))).toMatchInlineSnapshot(`
      "P99 of fsync in jobs/batch-x2k4q/batch is 2.00 ms. Disk vda: up to 1.5 % busy.
      Cause: jobs/batch-x2k4q/batch syncs 400/s and waits 800 ms/s for it. Mostly /data/file, by
        app: 100 %. (likely)
      Do: Sync once for many records instead of after each.
      2026-11-21 12:00:00 to 2026-11-21 12:10:00 UTC (10 min). Nothing was recorded from
        2026-11-21 11:50:00 to 2026-11-21 12:00:00 UTC to compare with: what follows is how it
        is, not what changed."
    `);
  });
});

test('a finding, whole', () => {
  expect(text(incident('io-limit')).split('\n\n')[1]).toMatchInlineSnapshot(`
    "1. I/O limit (io.max) (serious, sure)
       jobs/batch-x2k4q/batch is at its I/O limit on vda: 99 % of wiops 100/s.
       The limit of jobs/batch-x2k4q/batch, and its busiest interval
         who                  disk  wiops limit   read    written  reads  writes  of the limit
         jobs/ba…x2k4q/batch  vda         100/s  0 B/s  396 KiB/s    0/s  99.0/s          99 %
       Why sure: the limit is read from its cgroup, and its busiest interval reached it
       Rank: 56 %: serious × 80 % sure × 100 % of the added waiting
       Also checked: No disk became slow: await of vda is 1.00 ms, was 1.00 ms, at 15.0/s. No
         queue at the disks: vda has 0.01 requests in flight.
       Do: Raise or lift the I/O limit of jobs/batch-x2k4q/batch.
           cat /sys/fs/cgroup/kubepods/batch-x2k4q/batch/io.max
           echo "8:0 rbps=max wbps=max riops=max wiops=max" > /sys/fs/cgroup/kubepods/batch-x2k4q/batch/io.max
         Gain: it no longer waits for its limit
         Risk: the others on this disk lose what the limit kept for them
       Do: Sync once for many records instead of after each.
         Gain: ten records per sync are a tenth of the syncs, and of the wait
         Risk: none to what was acknowledged after its sync; a record is acknowledged later"
  `);
});

describe('what is in no cgroup but the root', () => {
  const node = (): Incident =>
    calmDisk(usual()).does('window', { cgroup: '/' }, { op: 'fsync', per_s: 400, latency_ns: 2e6 });

  test('is called the host', () => {
    const diagnosis = node().diagnose();
    expect(answer(text(diagnosis))).toContain('Cause: The host syncs 400/s, 0/s before');
    expect(text(diagnosis)).toMatch(/^ +the host +other +400\/s/mu);
    expect(answer(text(diagnosis, 'zh'))).toContain('原因：宿主机 的 fsync');
  });

  test('can be given no I/O limit', () => {
    const { findings } = node().diagnose();
    expect(findings[0]?.mitigations.map(({ id }) => id)).toEqual(['batch-fsync', 'own-disk']);
  });
});

describe('a setting names this node’s', () => {
  const settings = (node: Incident): (string | null)[] =>
    node.diagnose().findings[0]!.mitigations.map(({ id, values }) => settingOf(id, values));
  const storm = (device: string): Incident =>
    calmDisk(usual()).does('window', batch, { op: 'fsync', per_s: 400, latency_ns: 2e6, device });

  test('disk by its number, and cgroup', () => {
    expect(settings(storm('vda'))).toContain(
      'echo "8:0 wbps=20971520 wiops=200" > /sys/fs/cgroup/kubepods/batch-x2k4q/batch/io.max   # disk vda',
    );
  });

  test('disk below a volume: a limit of the disk holds for all on it', () => {
    const node = storm('vg-data');
    node.db.exec(`UPDATE device SET major = 253, minor = 4 WHERE name = 'vg-data';
      INSERT INTO device_disk VALUES ('vg-data', 'vda')`);
    expect(settings(node)).toContainEqual(expect.stringContaining('echo "8:0 wbps='));
  });

  test('volume by where it is below /dev', () => {
    const node = calmDisk(usual());
    node
      .does('window', batch, { op: 'journal_commit', variant: 'asked', per_s: 50, device: 'vg-data' })
      .does('window', api, { op: 'journal_wait', per_s: 5, latency_ns: 60e6, device: 'vg-data' });
    node.db.exec(`UPDATE device SET major = 253, minor = 4 WHERE name = 'vg-data';
      INSERT INTO device_state (session_id, since_us, device_key, kind)
      SELECT 1, 0, device_key, 'dm' FROM device WHERE name = 'vg-data'`);
    expect(settings(node)).toContain(
      'tune2fs -O fast_commit /dev/mapper/vg-data   # unmounted, kernel 5.10 or newer',
    );
  });

  test('things where they are known', () => {
    expect(settingOf('io-limit', {})).toBe(
      'echo "MAJ:MIN wbps=20971520 wiops=200" > /sys/fs/cgroup/CGROUP/io.max   # disk DISK',
    );
  });
});

test('one deleted file is one', () => {
  const held = (count: number): string => {
    const node = calmDisk(usual());
    for (let n = 0; n < count; n += 1) node.deleted(batch, `/tmp/spill${String(n)}`, 4 * 2 ** 30);
    return voice('en', (name) => name).say(node.diagnose().findings[0]!.sentence);
  };
  expect(held(1)).toMatchInlineSnapshot(
    `"jobs/batch-x2k4q/batch (java) holds a deleted file open, 4.00 GiB of space: /tmp/spill0."`,
  );
  expect(held(2)).toMatchInlineSnapshot(
    `"jobs/batch-x2k4q/batch (java) holds 2 deleted files open, 8.00 GiB of space, the largest /tmp/spill0."`,
  );
});

const HOSTILE =
  'x`\n# injected\n```\n<script>alert(1)</script> | [a](http://b) \u001b[31m\u202e$(reboot) @all';

describe('names that would do harm', () => {
  const hostile = (): Diagnosis =>
    calmDisk(usual())
      .does(
        'window',
        { container: HOSTILE },
        { op: 'fsync', per_s: 400, latency_ns: 2e6, file: HOSTILE, process: HOSTILE },
      )
      .diagnose();

  test('do none in Markdown', () => {
    const markdown = diagnosisMarkdown(hostile(), { language: 'en', hasSql: true });
    expect(markdown).not.toMatch(/^# injected/mu);
    expect(markdown).not.toContain('<script>');
    expect(markdown).not.toContain('](http');
    expect(markdown).not.toContain('@all');
    expect(markdown).not.toMatch(/[\u001b\u202e]/u);
    // Fences come in pairs: none was ended, or begun, by a name.
    expect(markdown.match(/^`{3,}/gmu)!.length % 2).toBe(0);
    const rows = markdown.split('\n').filter((line) => line.startsWith('| ') && line.includes('injected'));
    expect(rows.length).toBeGreaterThan(0);
  });

  test('do none on a terminal', () => {
    expect(text(hostile())).not.toMatch(/[\u001b\u202e]/u);
    expect(text(hostile())).not.toMatch(/^# injected/mu);
  });

  test('are one word of the shell in what is to be copied', () => {
    const setting = settingOf('check-disk', { device: HOSTILE });
    expect(setting).not.toContain('\n# injected');
    expect(shellWord("a'b $(c)")).toBe(String.raw`'a'\''b $(c)'`);
    expect(shellWord('vda')).toBe('vda');
    expect(shellWord('a\nb')).toBe(String.raw`$'\x61\x0a\x62'`);
  });

  test('stay as they are in JSON', () => {
    const { findings } = JSON.parse(diagnosisJson(hostile(), 'en')) as { findings: { who: string }[] };
    expect(findings[0]!.who).toBe(HOSTILE);
  });
});

test('JSON carries every sentence as text, and as key and values', () => {
  const document = JSON.parse(diagnosisJson(incident('fsync-storm'), 'zh')) as Record<string, unknown>;
  expect(Object.keys(document)).toEqual([
    ...['window', 'baseline', 'has_baseline', 'recorded_s', 'container', 'incidents', 'headline', 'findings'],
    ...['victim', 'waiting', 'excluded', 'unknown', 'coverage'],
  ]);
  expect(document['findings']).toMatchObject([
    {
      rule: 'fsync-storm',
      key: 'fsync-storm.program.grown',
      values: { ops_per_s: 400 },
      text: expect.stringContaining('400/s') as string,
    },
  ]);
});

test.each([
  ['ops_per_s', 812.4, '812/s'],
  ['before_ops_per_s', 3.14159, '3.14/s'],
  ['wait_ns_per_s', 940e6, '940 ms/s'],
  ['latency_ns_p99', 310e6, '310 ms'],
  ['size_bytes_per_s', 5 * 2 ** 20, '5.00 MiB/s'],
  ['share_percent', 0.4, '< 1 %'],
  ['util_percent_max', 97.3, '97 %'],
  ['from_us', 1_795_262_400_000_000, '2026-11-21 12:00:00'],
  ['window_elapsed_us', 900e6, '15 min'],
  ['recorded_s', 20, '20 s'],
  ['file_count', 100_000, '100000'],
  ['queue_length', 4.25, '4.25'],
])('%s of %d is written %s', (name, value, written) => {
  expect(formatNumber(name, value)).toBe(written);
});

describe('for a ticket', () => {
  test('the answer alone is half a screen', () => {
    const brief = diagnosisBrief(incident('io-limit'), { language: 'en', screen, hasSql: false });
    expect(brief.split('\n').length).toBeLessThanOrEqual(13);
    expect(brief).toContain('Cause: jobs/batch-x2k4q/batch is at its I/O limit');
    expect(brief).toContain('io.max');
  });

  test.each(cases)(
    '$rule in Markdown has no SQL unless asked for, and fits a comment on GitHub',
    ({ incident }) => {
      const diagnosis = incident().diagnose();
      const plain = diagnosisMarkdown(diagnosis, { language: 'en', hasSql: false });
      expect([plain.includes('SELECT'), plain.length < 65_536]).toEqual([false, true]);
      expect(diagnosisMarkdown(diagnosis, { language: 'en', hasSql: true })).toContain('SELECT');
    },
  );

  test('what would not fit is left out, and said to be', () => {
    const diagnosis = incident('fsync-storm');
    const long = { ...diagnosis, findings: Array.from({ length: 60 }, () => diagnosis.findings[0]!) };
    const markdown = diagnosisMarkdown(long, { language: 'en', hasSql: false });
    expect(markdown.length).toBeLessThan(65_536);
    expect(markdown).toContain('The rest is left out: --format json has all of it.');
  });
});
