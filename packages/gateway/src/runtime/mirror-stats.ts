/** What mirrors have got and answered, beside what the service itself answered; and the sum over processes. */
import type { QName } from '../model/model.ts';
import type { Measure } from '../service/mirror-measure.ts';
import type { Mirroring } from '../service/mirroring.ts';

type Counts = Readonly<Record<string, number>>;

/** Answers of one service. */
export interface MeasureStats {
  /** By status code; one that did not answer counts as what a client would have been told. */
  readonly codes: Counts;
  /** Answers by the time to their head: how many within each of `latencyBounds` (milliseconds), the last: slower. */
  readonly latencies: readonly number[];
  /** Of all of them together. */
  readonly totalMs: number;
  /** Of bodies; measured for mirrors only. */
  readonly bytes: number;
}

export interface MirrorStats extends MeasureStats {
  readonly service: QName;
  /** The mirror's key in the service. */
  readonly mirror: string;
  /** Copies begun, and of them under way now. */
  readonly sent: number;
  readonly inFlight: number;
  /** Copies not sent, or not to their end, by the reason. */
  readonly dropped: Counts;
  /** The same of the service that answers, to compare with. */
  readonly main: MeasureStats;
}

export function mirrorStats(services: Iterable<Mirroring>): readonly MirrorStats[] {
  return [...services].flatMap((service) =>
    service.mirrors.map((mirror) => ({
      service: service.name,
      mirror: mirror.model.key,
      sent: mirror.sent,
      inFlight: mirror.flight.copies,
      dropped: { ...mirror.drops },
      ...measured(mirror.measure),
      main: measured(service.measure),
    })),
  );
}

function measured({ codes, latencies, totalMs, bytes }: Measure): MeasureStats {
  return { codes: { ...codes }, latencies: [...latencies], totalMs, bytes };
}

/** Sums of all processes. Of `past` ones what they had in flight is gone, and mirrors that nobody live has. */
export function sumMirrors(
  live: readonly { readonly mirrors: readonly MirrorStats[] }[],
  past: readonly { readonly mirrors: readonly MirrorStats[] }[],
): readonly MirrorStats[] {
  const sums = new Map<string, MirrorStats>();
  const add = (one: MirrorStats, isNew: boolean) => {
    const key = JSON.stringify([one.service, one.mirror]);
    const sum = sums.get(key);
    if (sum !== undefined) sums.set(key, added(sum, one));
    else if (isNew) sums.set(key, one);
  };
  for (const { mirrors } of live) for (const one of mirrors) add(one, true);
  // Without anybody live, all that is known is what has been.
  for (const { mirrors } of past) for (const one of mirrors) add({ ...one, inFlight: 0 }, live.length === 0);
  return [...sums.values()];
}

function added(a: MirrorStats, b: MirrorStats): MirrorStats {
  return {
    service: a.service,
    mirror: a.mirror,
    sent: a.sent + b.sent,
    inFlight: a.inFlight + b.inFlight,
    dropped: counted(a.dropped, b.dropped),
    ...both(a, b),
    main: both(a.main, b.main),
  };
}

function both(a: MeasureStats, b: MeasureStats): MeasureStats {
  return {
    codes: counted(a.codes, b.codes),
    latencies: a.latencies.map((count, i) => count + (b.latencies[i] ?? 0)),
    totalMs: a.totalMs + b.totalMs,
    bytes: a.bytes + b.bytes,
  };
}

function counted(a: Counts, b: Counts): Counts {
  const sum: Record<string, number> = { ...a };
  for (const [key, count] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}
