/** The parent's counters in Prometheus text format, with Traefik's names where it has them. Pure. */
import type { ChildStatus, UplinkStatus } from '@ficus/common/api/admin.ts';
import type { Stats } from '@ficus/gateway/runtime/data-plane.ts';
import { mirrorMetrics } from './mirror-metrics.ts';
import { metric, type Sample } from './prometheus.ts';
import { providerMetrics } from './provider-metrics.ts';

/** One scrape. `reloads` are configurations put into force and refused since start. */
export function metricsText(
  stats: Stats,
  children: readonly ChildStatus[],
  uplinks: readonly UplinkStatus[],
  reloads: { readonly applied: number; readonly refused: number },
): string {
  const legs = uplinks.flatMap(({ name, legs }) =>
    legs.map((leg) => [{ uplink: name, child: leg.child }, leg] as const),
  );
  const { connections, requests } = stats;
  return [
    metric('traefik_config_reloads_total', 'counter', 'Configurations put into force.', [
      [{}, reloads.applied],
    ]),
    metric('ficus_config_refused_total', 'counter', 'Configurations refused.', [[{}, reloads.refused]]),
    metric('traefik_open_connections', 'gauge', 'Open client connections.', [[{}, connections.open]]),
    metric('ficus_connections_accepted_total', 'counter', 'Accepted.', [[{}, connections.accepted]]),
    metric('ficus_connections_refused_total', 'counter', 'Refused.', [[{}, connections.refused]]),
    metric('ficus_requests_in_flight', 'gauge', 'Requests being served.', [[{}, requests.inFlight]]),
    metric(
      'traefik_entrypoint_requests_total',
      'counter',
      'Requests by entrypoint and status code.',
      stats.entryPoints.flatMap(({ name, codes }) =>
        Object.entries(codes).map(([code, count]): Sample => [{ entrypoint: name, code }, count]),
      ),
    ),
    metric(
      'ficus_service_requests_total',
      'counter',
      'Requests by service.',
      stats.services.map(({ name, requests: count }): Sample => [{ service: name.join('@') }, count]),
    ),
    metric(
      'ficus_service_failures_total',
      'counter',
      'Failed requests by service.',
      stats.services.map(({ name, failures }): Sample => [{ service: name.join('@') }, failures]),
    ),
    metric(
      'traefik_service_retries_total',
      'counter',
      'Requests sent again, by service.',
      stats.services.map(({ name, retries }): Sample => [{ service: name.join('@') }, retries]),
    ),
    metric(
      'ficus_circuit_state',
      'gauge',
      'Always 1; the state of the circuit breaker is a label: standby, tripped or recovering.',
      stats.circuits.map(({ name, state }): Sample => [{ circuit: name, state }, 1]),
    ),
    metric(
      'ficus_circuit_trips_total',
      'counter',
      'Times a circuit breaker opened.',
      stats.circuits.map(({ name, trips }): Sample => [{ circuit: name }, trips]),
    ),
    mirrorMetrics(stats.mirrors),
    metric(
      'ficus_refusals_total',
      'counter',
      'Refused requests and handshakes by error code.',
      Object.entries(stats.refusals).map(([code, count]): Sample => [{ code }, count]),
    ),
    metric(
      'ficus_leg_requests_total',
      'counter',
      'Requests by leg.',
      legs.map(([l, leg]) => [l, leg.requests]),
    ),
    metric(
      'ficus_leg_failures_total',
      'counter',
      'Failures by leg.',
      legs.map(([l, leg]) => [l, leg.failures]),
    ),
    metric(
      'ficus_leg_weight',
      'gauge',
      'Weight in force.',
      legs.map(([l, leg]) => [l, leg.weight]),
    ),
    metric(
      'ficus_leg_up',
      'gauge',
      '0 while the leg is down.',
      legs.map(([l, leg]) => [l, leg.health === 'down' ? 0 : 1]),
    ),
    metric(
      'ficus_leg_mode',
      'gauge',
      'Always 1; the mode is a label.',
      legs.map(([l, leg]) => [{ ...l, mode: leg.mode }, 1]),
    ),
    metric(
      'ficus_child_connected',
      'gauge',
      '1 while the watch on the child is alive.',
      children.map((child): Sample => [{ child: child.name }, child.state === 'connected' ? 1 : 0]),
    ),
    metric(
      'ficus_child_certificate_not_after_seconds',
      'gauge',
      "End of the child's newest certificate, seconds since the epoch.",
      children.flatMap(({ name, certificate }): Sample[] =>
        certificate === undefined ? [] : [[{ child: name }, Date.parse(certificate.notAfter) / 1000]],
      ),
    ),
    providerMetrics(children),
    metric(
      'ficus_worker_resident_bytes',
      'gauge',
      'Memory of each worker.',
      stats.workers.map(({ pid, rssBytes }): Sample => [{ pid: String(pid) }, rssBytes]),
    ),
    metric('ficus_worker_restarts_total', 'counter', 'Workers replaced.', [
      [{}, stats.workers.reduce((sum, { restarts }) => sum + restarts, 0)],
    ]),
  ].join('');
}
