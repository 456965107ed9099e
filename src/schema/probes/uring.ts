import type { Fragment } from '../probe.ts';

/** Programs that see io_uring's reads and writes; they count as file_io's operations. */
export const uringFragments: readonly Fragment[] = ['submit_req', 'submit_sqe'].map((hook) => ({
  file: `uring.${hook}.bt`,
  needs: [
    { kind: 'tracepoint', name: `io_uring:io_uring_${hook}` },
    { kind: 'tracepoint', name: 'io_uring:io_uring_complete' },
    { kind: 'btf' },
  ],
  gaps: [],
}));
