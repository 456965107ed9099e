import { defineProbe } from '../probe.ts';

export const copyUp = defineProbe({
  name: 'copy_up',
  view: 'copy_up',
  summary: 'Every file overlayfs copies from an image layer to the writable layer',
  operations: [
    { id: 2, name: 'copy_up', variants: {} },
    { id: 3, name: 'copy_up_dir', variants: {} },
  ],
  fragments: [
    {
      file: 'copy_up.ksession.bt',
      needs: [{ kind: 'ksession', function: 'ovl_copy_up_one', module: 'overlay' }],
      gaps: [],
    },
    {
      file: 'copy_up.kfunc.bt',
      needs: [{ kind: 'kfunc', function: 'ovl_copy_up_one', module: 'overlay' }],
      gaps: [],
    },
    {
      file: 'copy_up.kprobe.bt',
      needs: [{ kind: 'kprobe', function: 'ovl_copy_up_one', module: 'overlay' }],
      gaps: [
        {
          subject: 'copy_up under load',
          state: 'partial',
          reason: 'a kretprobe misses returns when more copy-ups block at once than it has slots',
          fix: 'run a kernel with BTF for modules (5.11 or newer)',
        },
      ],
    },
  ],
  uncovered: {
    subject: 'copy_up',
    state: 'missing',
    reason: 'overlayfs has no tracepoint, and neither kprobes nor fentry can be used on it',
    fix: 'run a kernel with CONFIG_KPROBES and CONFIG_FUNCTION_TRACER (every distribution kernel has them)',
  },
});
