/** `ipAllowList` as the data plane is told of it. */
import type { IpAllowListConfig, IpWhiteListConfig } from '../../config/middleware/ip-allow-list.ts';
import type { QName } from '../model.ts';
import { type AddressSource, resolveIpStrategy } from './source-criterion.ts';

export interface IpAllowListModel {
  readonly kind: 'ipAllowList';
  readonly name: QName;
  /** CIDRs, never empty. */
  readonly sourceRange: readonly string[];
  readonly source: AddressSource;
  readonly rejectStatusCode: number;
}

export function resolveIpAllowList(name: QName, config: IpAllowListConfig): IpAllowListModel {
  return {
    kind: 'ipAllowList',
    name,
    sourceRange: config.sourceRange,
    source: resolveIpStrategy(config.ipStrategy),
    rejectStatusCode: config.rejectStatusCode ?? 403,
  };
}

/** Traefik v2's name for the same. */
export function resolveIpWhiteList(name: QName, config: IpWhiteListConfig): IpAllowListModel {
  return resolveIpAllowList(name, config);
}
