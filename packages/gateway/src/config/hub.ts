/** Reads a key that Traefik Hub writes below `hub.` and Ficus takes with and without. */
import type { ReportProblem } from '@ficus/common/config/decode.ts';

/** The one of the two that is there; both at once is a problem. */
export function withOrWithoutHub<T>(
  plain: T | undefined,
  hub: T | undefined,
  path: readonly string[],
  report: ReportProblem,
): T | undefined {
  if (plain !== undefined && hub !== undefined) {
    report(['hub', ...path], `given twice: here and as ${path.join('.')}; keep one`);
  }
  return plain ?? hub;
}
