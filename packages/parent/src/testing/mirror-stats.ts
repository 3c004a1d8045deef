/** For tests: the counters of a mirror that is worse than the service it mirrors. */
import type { Stats } from '@ficus/gateway/runtime/data-plane.ts';

/** 96 of 100 copies were answered: 8 with a 503, one slower than all bounds. Two are under way. */
export const copies: Stats['mirrors'][number] = {
  service: ['both', 'file'],
  mirror: 'copy',
  sent: 100,
  inFlight: 2,
  dropped: { busy: 3, timeout: 2 },
  codes: { 200: 88, 503: 8 },
  latencies: [0, 0, 50, 20, 20, 5, 0, 0, 0, 0, 0, 0, 1],
  totalMs: 7000,
  bytes: 4096,
  main: {
    codes: { 200: 200 },
    latencies: [150, 40, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    totalMs: 250,
    bytes: 0,
  },
};
