/** The provider `internal`: redirections of entrypoints as routers and middlewares, as Traefik makes them, and `noop`. */
import type { DynamicConfig } from '../config/dynamic.ts';
import { redirectPort } from '../config/entry-point-http.ts';
import type { EntryPointConfig } from '../config/entry-points.ts';
import type { DynamicSource } from './resolve-input.ts';

/** Above what people write, unless they try. */
const highest = Number.MAX_SAFE_INTEGER - 1;

type Http = NonNullable<DynamicConfig['http']>;

/** `sources`, and one more when an entrypoint redirects or a router wants `noop@internal`. */
export function withRedirections(
  sources: readonly DynamicSource[],
  entryPoints: Readonly<Record<string, EntryPointConfig>>,
): readonly DynamicSource[] {
  const routers: Record<string, NonNullable<Http['routers']>[string]> = {};
  const middlewares: Record<string, NonNullable<Http['middlewares']>[string]> = {};
  for (const [name, { http }] of Object.entries(entryPoints)) {
    const written = http?.redirections?.entryPoint;
    if (written === undefined) continue;
    const found = redirectPort(written.to, entryPoints);
    // Reported when the file was read.
    if ('missing' in found) continue;
    const router = `${name}-to-${written.to.replace(/^:/, '')}`;
    const { scheme = 'https', permanent = true, priority = highest } = written;
    middlewares[`redirect-${router}`] = { redirectScheme: { scheme, port: String(found.port), permanent } };
    routers[router] = {
      // Traefik's HostRegexp(`^.+$`), without a regular expression for every request.
      rule: 'Host(`*`)',
      entryPoints: [name],
      middlewares: [`redirect-${router}`],
      service: 'noop',
      priority,
    };
  }
  if (Object.keys(routers).length === 0 && !sources.some(wantsNoop)) return sources;
  // Nothing gets past the redirection.
  const services = { noop: { loadBalancer: { servers: [] } } };
  return [...sources, { provider: 'internal', config: { http: { routers, middlewares, services } } }];
}

/** For routers whose middlewares answer everything. */
function wantsNoop({ config: { http } }: DynamicSource): boolean {
  return Object.values(http?.routers ?? {}).some(({ service }) => service === 'noop@internal');
}
