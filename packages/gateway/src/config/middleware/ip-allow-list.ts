/** Schemas of `ipAllowList` and of `ipWhiteList`, its name in Traefik v2. */
import { integer, list, object, optional, type Static, string } from '@ficus/common/config/schema.ts';
import { ipStrategySchema } from './source-criterion.ts';

const sourceRange = list(
  'Addresses that may pass.',
  string('An IP address or CIDR such as `10.0.0.0/8`.', { format: 'cidr' }),
  { minItems: 1 },
);

export const ipAllowListSchema = object('Refuses requests of clients whose address is not in the list.', {
  sourceRange,
  ipStrategy: optional(ipStrategySchema),
  rejectStatusCode: optional(integer('Status of the refusal. Default: 403.', { minimum: 200, maximum: 599 })),
});
export type IpAllowListConfig = Static<typeof ipAllowListSchema>;

export const ipWhiteListSchema = object('Older name of `ipAllowList`; always answers 403.', {
  sourceRange,
  ipStrategy: optional(ipStrategySchema),
});
export type IpWhiteListConfig = Static<typeof ipWhiteListSchema>;
