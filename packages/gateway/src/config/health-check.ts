/** Schemas of active and passive health checks, shared by services, uplinks and workloads. */
import type { ReportProblem } from '@ficus/common/config/decode.ts';
import {
  boolean,
  duration,
  integer,
  named,
  object,
  oneOf,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';

export const healthCheckSchema = object(
  'Active health check: each endpoint is asked in turn, and takes no requests while it does not answer well.',
  {
    path: optional(
      string('Path that is asked for, with query if need be. Required, but with `mode: grpc` of no effect.', {
        format: 'path',
      }),
    ),
    scheme: optional(
      oneOf("Scheme of the check; `h2c` is HTTP/2 without TLS. Default: the endpoint's.", [
        'http',
        'https',
        'h2c',
      ]),
    ),
    mode: optional(
      oneOf(
        'Protocol of the check: an HTTP request judged by its status, or `grpc.health.v1.Health/Check`, which must answer SERVING; `path`, `method`, `status` and `followRedirects` then have no effect. Default: `http`.',
        ['http', 'grpc'],
      ),
    ),
    hostname: optional(
      string('Host header of the check. Default: the host of the endpoint.', { format: 'host' }),
    ),
    port: optional(integer("Port of the check. Default: the endpoint's.", { minimum: 1, maximum: 65_535 })),
    method: optional(string('Method of the check. Default: `GET`.', { format: 'method' })),
    status: optional(
      integer('Status code that means healthy. Default: 0, any from 200 to 399.', {
        minimum: 0,
        maximum: 599,
      }),
    ),
    headers: optional(
      named(
        'Header fields of the check, by name.',
        'header',
        string('Value of the field.', { format: 'header-value' }),
        { keyFormat: 'header-name' },
      ),
    ),
    interval: optional(duration('Time between checks of a healthy endpoint. Default: `30s`.')),
    unhealthyInterval: optional(
      duration('Time between checks of an unhealthy endpoint. Default: `interval`.'),
    ),
    timeout: optional(duration('Longest wait for the answer. Default: `5s`.')),
    followRedirects: optional(
      boolean('Whether a redirect is followed; if not, its own status counts. Default: true.'),
    ),
    healthyThreshold: optional(
      integer('Good answers in a row that bring an endpoint that is down up again. Default: 1.', {
        minimum: 1,
        maximum: 100,
      }),
    ),
    unhealthyThreshold: optional(
      integer('Bad answers, or none, in a row that take an endpoint down. Default: 1.', {
        minimum: 1,
        maximum: 100,
      }),
    ),
    initialState: optional(
      oneOf(
        'State of a new endpoint until its first check, at once, has an answer; `down` takes no requests before a good one. A reload changes no state. Default: `up`.',
        ['up', 'down'],
      ),
    ),
  },
);
export type HealthCheckConfig = Static<typeof healthCheckSchema>;

/** Reports what the schema cannot say of the health check at `path`. */
export function checkHealthCheck(
  config: HealthCheckConfig | undefined,
  path: readonly string[],
  report: ReportProblem,
): void {
  if (config === undefined) return;
  const { status = 0 } = config;
  if (status > 0 && status < 100)
    report(
      [...path, 'status'],
      `want a status code (100 to 599), or 0 for any from 200 to 399, got ${status}`,
    );
  if (config.path !== undefined || config.mode === 'grpc') return;
  report(path, 'missing key "path"; only a check with mode: grpc needs none', 'key');
}

export const passiveHealthCheckSchema = object(
  'Passive health check: endpoints that fail real requests take none for a while.',
  {
    failureWindow: optional(
      duration(
        'Failures count for this long, and an ejected endpoint rests for this long; for up to eight times as long when it fails again at once. Default: `10s`.',
      ),
    ),
    maxFailedAttempts: optional(
      integer('Failures within the window that eject an endpoint. Default: 1.', {
        minimum: 1,
        maximum: 1_000_000,
      }),
    ),
    readmission: optional(
      duration(
        'Time in which an endpoint that was ejected gets back from a tenth of its share of requests to the whole; `0s`: at once. Default: `failureWindow`.',
      ),
    ),
    maxEjectedPercent: optional(
      integer(
        'Largest part of the endpoints that may be ejected at the same time; one always may. Default: 50.',
        { minimum: 1, maximum: 100 },
      ),
    ),
  },
);
export type PassiveHealthCheckConfig = Static<typeof passiveHealthCheckSchema>;
