/** Mirrors as metrics: what became of the copies, and the same measures of the service that answers. Pure. */
import type { Stats } from '@ficus/gateway/runtime/data-plane.ts';
import { latencyBounds } from '@ficus/gateway/service/mirror-measure.ts';
import { type Histogram, histogram, type Labels, metric, type Sample } from './prometheus.ts';

type Measured = Stats['mirrors'][number]['main'];
type Of = readonly (readonly [labels: Labels, measured: Measured])[];

const bounds = latencyBounds.map((ms) => ms / 1000);

export function mirrorMetrics(mirrors: Stats['mirrors']): string {
  const all = mirrors.map((each) => [labelsOf(each), each] as const);
  // Of several mirrors of one service each tells of that service.
  const mains = new Map(mirrors.map(({ service, main }) => [service.join('@'), main]));
  const main: Of = [...mains].map(([service, measured]) => [{ service }, measured]);
  return [
    metric(
      'ficus_mirror_requests_total',
      'counter',
      'Copies begun.',
      all.map(([labels, { sent }]) => [labels, sent]),
    ),
    metric(
      'ficus_mirror_requests_in_flight',
      'gauge',
      'Copies under way.',
      all.map(([labels, { inFlight }]) => [labels, inFlight]),
    ),
    metric(
      'ficus_mirror_dropped_total',
      'counter',
      'Copies not begun or not brought to their end, by reason.',
      all.flatMap(([labels, { dropped }]) =>
        Object.entries(dropped).map(([reason, count]): Sample => [{ ...labels, reason }, count]),
      ),
    ),
    metric('ficus_mirror_responses_total', 'counter', 'Answers of mirrors by status code.', codesOf(all)),
    histogram(
      'ficus_mirror_response_seconds',
      'Time to the head of a mirror’s answer.',
      bounds,
      timesOf(all),
    ),
    metric(
      'ficus_mirror_response_bytes_total',
      'counter',
      'Bodies of the answers of mirrors.',
      all.map(([labels, { bytes }]) => [labels, bytes]),
    ),
    metric(
      'ficus_mirror_main_responses_total',
      'counter',
      'Answers of services that have mirrors, by status code.',
      codesOf(main),
    ),
    histogram(
      'ficus_mirror_main_response_seconds',
      'Time to the head of an answer of a service that has mirrors.',
      bounds,
      timesOf(main),
    ),
  ].join('');
}

function labelsOf({ service, mirror }: Stats['mirrors'][number]): Labels {
  return { service: service.join('@'), mirror };
}

function codesOf(all: Of): Sample[] {
  return all.flatMap(([labels, { codes }]) =>
    Object.entries(codes).map(([code, count]): Sample => [{ ...labels, code }, count]),
  );
}

function timesOf(all: Of): Histogram[] {
  return all.map(([labels, { latencies, totalMs }]) => ({ labels, counts: latencies, sum: totalMs / 1000 }));
}
