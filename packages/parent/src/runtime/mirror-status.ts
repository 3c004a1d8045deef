/** What an operator compares before a canary: how a mirror answered, beside the service that answers. Pure. */
import type { AnswerStatus, LatencyBound, MirrorStatus } from '@ficus/common/api/mirrors.ts';
import type { Stats } from '@ficus/gateway/runtime/data-plane.ts';
import { latencyBounds } from '@ficus/gateway/service/mirror-measure.ts';

type MirrorStats = Stats['mirrors'][number];

export function mirrorStatus(mirrors: readonly MirrorStats[]): readonly MirrorStatus[] {
  return mirrors.map((each) => ({
    service: each.service.join('@'),
    mirror: each.mirror,
    copies: each.sent,
    inFlight: each.inFlight,
    dropped: each.dropped,
    bytes: each.bytes,
    answers: answers(each),
    main: answers(each.main),
  }));
}

function answers({ codes, latencies }: MirrorStats['main']): AnswerStatus {
  let answered = 0;
  let errors = 0;
  for (const [code, count] of Object.entries(codes)) {
    answered += count;
    if (code >= '500' && code <= '599') errors += count;
  }
  return {
    answered,
    codes,
    serverErrors: answered === 0 ? 0 : errors / answered,
    ...(answered === 0
      ? {}
      : {
          latency: {
            p50: quantile(latencies, 0.5),
            p95: quantile(latencies, 0.95),
            p99: quantile(latencies, 0.99),
          },
        }),
  };
}

/** The first bound within which at least a share `q` was answered. */
function quantile(latencies: readonly number[], q: number): LatencyBound {
  const wanted = latencies.reduce((sum, count) => sum + count, 0) * q;
  let within = 0;
  for (const [place, atMostMs] of latencyBounds.entries()) {
    within += latencies[place] ?? 0;
    if (within >= wanted) return { atMostMs };
  }
  return { moreThanMs: latencyBounds.at(-1) as number };
}
