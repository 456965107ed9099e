import { expect, test } from 'vitest';
import { replay, tablesOf } from './replay.ts';
test('x', () => {
  const r = replay('6.1-0.17.0');
  console.log(tablesOf(r.db).length, r.storeFailures, r.endSeen, r.flushes.length);
  console.log(
    r.db
      .prepare('select file, host_path, sync_kind, sum(op_count) n, container from fsync group by 1,2,3')
      .all(),
  );
  console.log(r.db.prepare('select * from loss').all());
  console.log(tablesOf(r.db).slice(0, 3000));
  expect(1).toBe(1);
});
