import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { defineConfig } from 'vitest/config';

/** A skipped test looks like a passed one: unless tests are picked by name, none may be skipped. */
class NoSilentSkips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (process.argv.some((word) => word === '-t' || word.startsWith('--testNamePattern'))) return;
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')]);
    if (skipped.length === 0) return;
    console.error(`\nSkipped, which counts as failed:\n${skipped.map(describeTest).join('\n')}`);
    process.exitCode = 1;
  }
}

function describeTest(test: TestCase): string {
  return `  ${test.module.relativeModuleId}: ${test.fullName}`;
}

// What is printed is in local time.
process.env['TZ'] = 'UTC';

// Tests run the built command: dist/ is made once, before the first of them.
const globalSetup = ['test/build.ts'];
const MINUTE = 60_000;
const SCENARIOS = ['block', 'filesystems', 'incidents'].map((name) => `test/kernel/${name}.test.ts`);

export default defineConfig({
  test: {
    allowOnly: false,
    reporters: ['default', new NoSilentSkips()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/native/**',
            'test/kernel/**',
            'test/tools/**',
            'test/packaging/{deb,image}.test.ts',
          ],
          globalSetup,
          testTimeout: 20_000,
        },
      },
      {
        // Real bpftrace on this kernel: one at a time, as root.
        test: {
          name: 'native',
          include: ['test/native/**/*.test.ts'],
          globalSetup,
          fileParallelism: false,
          testTimeout: 2 * MINUTE,
          hookTimeout: 2 * MINUTE,
        },
      },
      {
        // What others make of our output: a browser, promtool, a terminal multiplexer.
        test: {
          name: 'tools',
          include: ['test/tools/**/*.test.ts'],
          globalSetup,
          testTimeout: 2 * MINUTE,
          hookTimeout: 2 * MINUTE,
        },
      },
      {
        // Boots kernels in QEMU, in software emulation.
        test: {
          name: 'kernels',
          include: ['test/kernel/**/*.test.ts'],
          exclude: SCENARIOS,
          globalSetup,
          fileParallelism: false,
          testTimeout: 20 * MINUTE,
          hookTimeout: 20 * MINUTE,
        },
      },
      {
        // Packages in clean root trees of three suites, and their service under systemd in three kernels.
        test: {
          name: 'packages',
          include: ['test/packaging/{deb,image}.test.ts'],
          globalSetup,
          fileParallelism: false,
          testTimeout: 20 * MINUTE,
          hookTimeout: 20 * MINUTE,
        },
      },
      {
        // The acceptance once more: the service of the package records, in its sandbox.
        test: {
          name: 'service',
          include: ['test/kernel/acceptance.test.ts'],
          env: { IOTRACE_LAB_OPTIONS: '--systemd' },
          globalSetup,
          fileParallelism: false,
          testTimeout: 30 * MINUTE,
          hookTimeout: 30 * MINUTE,
        },
      },
      {
        // The same, longer: who owns block I/O, also on each file system, and twelve incidents with what must be said of each.
        test: {
          name: 'scenarios',
          include: SCENARIOS,
          globalSetup,
          fileParallelism: false,
          testTimeout: 25 * MINUTE,
          hookTimeout: 25 * MINUTE,
        },
      },
    ],
  },
});
