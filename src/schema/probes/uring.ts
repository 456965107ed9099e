import type { Companion } from '../probe.ts';

/** Sees the reads and writes of io_uring. */
export const uring: Companion = {
  name: 'uring',
  summary: 'Reads and writes of io_uring, counted with those of file_io',
  countsFor: { probe: 'file_io', operations: ['read', 'write'], variant: 'io_uring' },
  fragments: ['submit_req', 'submit_sqe'].map((hook) => ({
    file: `uring.${hook}.bt`,
    needs: [
      { kind: 'tracepoint', name: `io_uring:io_uring_${hook}` },
      { kind: 'tracepoint', name: 'io_uring:io_uring_complete' },
      { kind: 'btf' },
    ],
    gaps: [],
  })),
  uncovered: {
    subject: 'reads and writes',
    state: 'missing',
    reason: 'the kernel has no tracepoints of io_uring; what it asks of a device is in block',
    fix: null,
  },
};
