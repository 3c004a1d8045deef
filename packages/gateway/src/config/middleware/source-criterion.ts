/** Schemas of `sourceCriterion` and `ipStrategy`: whom a request counts as coming from. */
import {
  boolean,
  integer,
  list,
  object,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';

export const ipStrategySchema = object(
  "The client's address. Without keys: the peer of the connection. `X-Forwarded-For` counts as it came, without the peer.",
  {
    depth: optional(
      integer(
        'Position of the address in `X-Forwarded-For`, from the right; beyond its end the address is empty. Default: 0 (the peer of the connection).',
        { minimum: 0, maximum: 1000 },
      ),
    ),
    excludedIPs: optional(
      list(
        'Proxies in `X-Forwarded-For` to pass over: the first address from the right that is none of them counts. Without effect beside `depth`.',
        string('An IP address or CIDR.', { format: 'cidr' }),
      ),
    ),
    ipv6Subnet: optional(
      integer(
        'Bits of an IPv6 address that count, such as 64: one client has a whole subnet. Default: all.',
        {
          minimum: 1,
          maximum: 128,
        },
      ),
    ),
  },
);
export type IpStrategyConfig = Static<typeof ipStrategySchema>;

/** `byDefault`: what counts without any of its keys. */
export const sourceCriterionSchema = (byDefault: string) =>
  object(`What makes requests come from one source. At most one of its keys. Default: ${byDefault}.`, {
    ipStrategy: optional(ipStrategySchema),
    requestHeaderName: optional(
      string('The value of this header field; requests without it are one source.', {
        format: 'header-name',
      }),
    ),
    requestHost: optional(boolean('The host, in lower case and without port. Default: false.')),
  });
export type SourceCriterionConfig = Static<ReturnType<typeof sourceCriterionSchema>>;
