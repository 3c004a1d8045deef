/** Schema of `rateLimit`. */
import {
  boolean,
  duration,
  integer,
  list,
  object,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';
import { sourceCriterionSchema } from './source-criterion.ts';

const most = 1_000_000_000;

const tlsSchema = object('TLS towards Redis.', {
  ca: optional(string("PEM file of the authority. Default: the system's.", { minLength: 1 })),
  cert: optional(string('PEM file of a client certificate, with `key`.', { minLength: 1 })),
  key: optional(string('PEM file of its key.', { minLength: 1 })),
  insecureSkipVerify: optional(boolean("Does not check Redis' certificate. Default: false.")),
});

const redisSchema = object(
  'The limit holds over all gateways (and Traefik) that name the same Redis and middleware.',
  {
    endpoints: optional(
      list(
        'Addresses; several are nodes of a cluster. Default: `127.0.0.1:6379`.',
        string('`host:port`.', { format: 'host-and-port' }),
        { minItems: 1 },
      ),
    ),
    username: optional(string('User name.')),
    password: optional(string('Password.')),
    db: optional(integer('Number of the database. Default: 0.', { minimum: 0, maximum: 65_535 })),
    poolSize: optional(
      integer('Accepted and without effect: one connection carries all.', { minimum: 0, maximum: most }),
    ),
    minIdleConns: optional(integer('Accepted and without effect.', { minimum: 0, maximum: most })),
    maxActiveConns: optional(integer('Accepted and without effect.', { minimum: 0, maximum: most })),
    readTimeout: optional(duration('How long an answer may take. Default: `3s`.')),
    writeTimeout: optional(duration('Counts as part of `readTimeout`. Default: `3s`.')),
    dialTimeout: optional(duration('How long connecting may take. Default: `5s`.')),
    tls: optional(tlsSchema),
    denyOnError: optional(
      boolean(
        'While Redis does not answer: true refuses every request with status 503, false limits in this gateway alone. Default: false.',
      ),
    ),
  },
  { allowEmpty: true },
);

export const rateLimitSchema = object(
  'Limits how many requests a source may send: a bucket of `burst` tokens that is filled with `average` tokens a `period`. A request without a token waits for up to half of one; more are refused with status 429.',
  {
    average: optional(
      integer('Requests in each `period`. Default: 0 (no limit).', { minimum: 0, maximum: most }),
    ),
    period: optional(duration('Default: `1s`.')),
    burst: optional(integer('Requests that may come at once. Default: 1.', { minimum: 0, maximum: most })),
    sourceCriterion: optional(sourceCriterionSchema('the peer of the connection')),
    redis: optional(redisSchema),
  },
);
export type RateLimitConfig = Static<typeof rateLimitSchema>;
