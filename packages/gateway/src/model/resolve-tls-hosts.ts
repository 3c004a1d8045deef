/** Routers' hosts → the TLS options of a server name: the handshake is over before a request says where it goes. */
import type { EntryPointModel, Matcher } from './model.ts';
import { type Resolution, showName } from './resolution.ts';
import type { EntryPointDraft } from './resolve-entry-points.ts';
import type { DynamicSource } from './resolve-input.ts';
import type { RouterDraft } from './resolve-routers.ts';
import type { TlsOptions } from './resolve-tls.ts';
import type { TlsHostsModel } from './tls-models.ts';

/** Stands for every server name that no router names. */
const others = '*';

interface Claim {
  readonly options: number;
  readonly draft: RouterDraft;
}

/** Undefined when all connections to `entryPoint` get the `default` options. */
export function resolveTlsHosts(
  entryPoint: EntryPointDraft,
  drafts: readonly RouterDraft[],
  options: TlsOptions,
  sources: readonly DynamicSource[],
  resolution: Resolution,
): TlsHostsModel | undefined {
  const claims = new Map<string, Claim>();
  const contested = new Set<string>();
  for (const draft of drafts) {
    if (draft.tlsOptions === undefined || !draft.model.entryPoints.includes(entryPoint.name)) continue;
    const named = [...hostsOf(draft.model.matcher)];
    for (const host of named.length === 0 ? [others] : named) {
      const claim = claims.get(host);
      if (claim === undefined) claims.set(host, { options: draft.tlsOptions, draft });
      else if (claim.options !== draft.tlsOptions && !contested.has(host)) {
        contested.add(host);
        contest(host, entryPoint, [claim, { options: draft.tlsOptions, draft }]);
      }
    }
  }
  const of = (host: string): number | undefined => (contested.has(host) ? 0 : claims.get(host)?.options);
  const own = options.find(entryPoint.tlsOptions ?? 'default', 'file');
  const rest = of(others) ?? (typeof own === 'number' ? own : 0);
  const hosts = [...claims.keys()]
    .map((host) => [host, of(host) ?? 0] as const)
    .filter(([host, index]) => host !== others && index !== rest);
  return rest === 0 && hosts.length === 0 ? undefined : { hosts, others: rest };

  /** Traefik's way out: the default options, for all who disagree. */
  function contest(
    host: string,
    { name }: EntryPointModel | EntryPointDraft,
    two: readonly [Claim, Claim],
  ): void {
    const [first, second] = two.map(({ options: index, draft }) => ({
      index,
      draft,
      options: options.models[index]!.name,
    }));
    const [blamed, other] = first!.index === 0 ? [second!, first!] : [first!, second!];
    const what = host === others ? 'server names that no router names' : JSON.stringify(host);
    const reason = `on entrypoint ${JSON.stringify(name)} router ${nameOf(blamed)} wants them for ${what}, and router ${nameOf(other)} wants ${JSON.stringify(other.options)}: both get "default"`;
    const source = sources.find(({ provider }) => provider === blamed.draft.model.name[1]);
    const path = ['http', 'routers', blamed.draft.model.name[0], 'tls', 'options'];
    resolution.disable('tlsOptions', blamed.options, reason, source && { source, path });
  }
}

function nameOf({ draft }: { readonly draft: RouterDraft }): string {
  return showName(draft.model.name);
}

/** Hosts that a rule asks for anywhere, `*` among them; what it excludes does not count. */
function* hostsOf(matcher: Matcher): Iterable<string> {
  if (matcher.kind === 'host') yield matcher.host;
  else if (matcher.kind === 'and' || matcher.kind === 'or')
    for (const part of matcher.of) yield* hostsOf(part);
}
