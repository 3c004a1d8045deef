/** `sourceCriterion` and `ipStrategy` as the data plane is told of them. */
import type { IpStrategyConfig, SourceCriterionConfig } from '../../config/middleware/source-criterion.ts';

/** The client's address. */
export interface AddressSource {
  readonly by: 'address';
  /** Position in X-Forwarded-For from the right; 0: the peer of the connection, unless `excludedIPs` says otherwise. */
  readonly depth: number;
  /** CIDRs to pass over in X-Forwarded-For; empty: they have no say. */
  readonly excludedIPs: readonly string[];
  /** Bits of an IPv6 address that count, 1 to 128. */
  readonly ipv6Subnet: number;
}

export type SourceModel =
  | AddressSource
  /** Lower-case name. */
  | { readonly by: 'header'; readonly name: string }
  | { readonly by: 'host' };

export function resolveIpStrategy(config: IpStrategyConfig = {}): AddressSource {
  const depth = config.depth ?? 0;
  const excludedIPs = depth > 0 ? [] : (config.excludedIPs ?? []);
  // Traefik, too, leaves what `excludedIPs` found as it is.
  const ipv6Subnet = excludedIPs.length > 0 ? 128 : (config.ipv6Subnet ?? 128);
  return { by: 'address', depth, excludedIPs, ipv6Subnet };
}

/** The criterion, `otherwise` when none is written, or what is wrong with it. */
export function resolveSource(
  config: SourceCriterionConfig | undefined,
  otherwise: SourceModel,
): SourceModel | string {
  const { ipStrategy, requestHeaderName = '', requestHost = false } = config ?? {};
  const written = [
    ...(ipStrategy === undefined ? [] : ['ipStrategy']),
    ...(requestHeaderName === '' ? [] : ['requestHeaderName']),
    ...(requestHost ? ['requestHost'] : []),
  ];
  if (written.length > 1)
    return `sourceCriterion: want one of ipStrategy, requestHeaderName and requestHost, got ${written.join(' and ')}`;
  if (ipStrategy !== undefined) return resolveIpStrategy(ipStrategy);
  const name = requestHeaderName.toLowerCase();
  if (requestHost || name === 'host') return { by: 'host' };
  return name === '' ? otherwise : { by: 'header', name };
}
