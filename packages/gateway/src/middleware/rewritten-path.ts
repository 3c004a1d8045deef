/** What a path may have become when a middleware has rewritten it. */
import type { RequestHead } from '../http/message.ts';
import { canonicalPath } from '../http/path.ts';
import type { Refusal } from './middleware.ts';

/** `/api` taken off `/api../admin` leaves `/../admin`: whoever routed on the first did not allow the second. */
export const disguised: Refusal = {
  code: 'request.malformed',
  detail: 'the path would not be canonical once it is rewritten',
};

/**
 * `path` as it may go on, or undefined when it hides something. Slashes that met by the rewriting are one, unless the
 * request keeps its empty segments.
 */
export function rewrittenPath(path: string, head: RequestHead): string | undefined {
  const keep = head.keepsEmptySegments;
  if (canonicalPath(path, keep) === path) return path;
  if (keep === true) return undefined;
  const merged = path.replaceAll(/\/{2,}/g, '/');
  return canonicalPath(merged) === merged ? merged : undefined;
}
