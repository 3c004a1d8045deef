/** `errors` as the data plane is told of it. */
import type { ErrorsConfig } from '../../config/middleware/errors.ts';
import { canonicalPath } from '../../http/path.ts';
import type { StatusRange } from '../../service/retry-policy.ts';
import type { QName } from '../model.ts';
import { statusRanges } from '../service/resolve-composites.ts';
import type { MiddlewareContext } from './resolve-context.ts';

export interface ErrorsModel {
  readonly kind: 'errors';
  readonly name: QName;
  /** Index in `Model.services`. */
  readonly service: number;
  readonly statuses: readonly StatusRange[];
  /** The first that fits counts. */
  readonly rewrites: readonly { readonly from: StatusRange; readonly to: number }[];
  /** With a leading slash; may hold `{status}`, `{originalStatus}`, `{url}`. */
  readonly page: string;
  /** Lower-case names; absent: all. */
  readonly requestHeaders?: readonly string[];
}

export function resolveErrors(
  name: QName,
  config: ErrorsConfig,
  context: MiddlewareContext,
): ErrorsModel | string {
  const service = context.service(config.service);
  if (typeof service !== 'number') return `service: ${service.missing}`;
  const rewrites: { from: StatusRange; to: number }[] = [];
  for (const [written, status] of Object.entries(config.statusRewrites ?? {})) {
    const to = Number(status);
    if (!Number.isInteger(to) || to < 200)
      return `statusRewrites: want one status from 200 to 599 for ${written}, got ${JSON.stringify(status)}`;
    for (const from of statusRanges([written])) rewrites.push({ from, to });
  }
  const page = `/${(config.query ?? '').replace(/^\//, '')}`;
  const path = (page.split('?')[0] as string).replaceAll(/\{(?:status|originalStatus|url)\}/g, 'x');
  if (!/^[\x21-\x7e]*$/.test(page) || page.includes('#') || canonicalPath(path) === undefined)
    return `query: want a path such as /{status}.html, percent-encoded where it goes beyond ASCII, got ${JSON.stringify(config.query)}`;
  const { errorRequestHeaders } = config;
  return {
    kind: 'errors',
    name,
    service,
    statuses: statusRanges(config.status),
    rewrites,
    page,
    ...(errorRequestHeaders && { requestHeaders: errorRequestHeaders.map((each) => each.toLowerCase()) }),
  };
}
