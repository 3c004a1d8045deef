/** Which core does what, so that what is measured never shares one with what measures it. */

import { availableParallelism } from 'node:os';

/** Core numbers for `taskset -c`. The gateway (both halves of a pair) has one alone wherever there are two. */
export const cores = {
  gateway: 0,
  /** Where a gateway of several processes may spread, as `taskset` lists cores. */
  all: `0-${availableParallelism() - 1}`,
  load: Math.min(1, availableParallelism() - 1),
  endpoint: Math.min(2, availableParallelism() - 1),
} as const;
