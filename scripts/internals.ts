/** What the scripts use of iotrace besides its command line. */
export { commandNames } from '../src/cli/commands/index.ts';
export { createCgroups } from '../src/daemon/lookups/cgroups.ts';
export { createContainers } from '../src/daemon/lookups/containers.ts';
export { createDevices } from '../src/daemon/lookups/devices.ts';
export { createMounts } from '../src/daemon/lookups/mounts.ts';
export { createRecorder } from '../src/daemon/recorder.ts';
export { createRollup } from '../src/daemon/store/rollup.ts';
export { en } from '../src/query/findings/catalogue/en.ts';
export { diagnose, severityWeights } from '../src/query/findings/diagnose.ts';
export { playbook } from '../src/query/findings/playbook.ts';
export { rules } from '../src/query/findings/rules/index.ts';
export { thresholds } from '../src/query/findings/thresholds.ts';
export { top, topColumns } from '../src/query/reports/top.ts';
export { BUCKET_ERROR_TEXT } from '../src/schema/buckets.ts';
export { namedRules, namelessRules, places } from '../src/schema/classes.ts';
export { signText } from '../src/schema/classify.ts';
export { describeViews } from '../src/schema/describe.ts';
export { openForReading, openForWriting } from '../src/schema/open.ts';
