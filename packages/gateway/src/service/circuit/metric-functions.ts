/** The functions of a circuit breaker's expression, and what they ask of its requests. */
import { type ExpressionFunction, noArguments } from '../expression/parse.ts';

/** What an expression may ask of the requests of late: counts and ratios of the last 10 s, latencies of the last 60 s. */
export interface CircuitMetrics {
  /** Requests that were counted. */
  readonly requests: number;
  /** Part of the requests that ended with 502 or 504; 0 without requests. */
  networkErrorRatio(): number;
  /** Requests with a status in [from, to) divided by those in [dividedByFrom, dividedByTo); 0 when those are none. */
  responseCodeRatio(from: number, to: number, dividedByFrom: number, dividedByTo: number): number;
  /** Whole milliseconds within which `percent` of the requests ended; 0 without requests. */
  latencyAtQuantileMs(percent: number): number;
}

/** By name. */
export const functions: ReadonlyMap<string, ExpressionFunction<CircuitMetrics>> = new Map<
  string,
  ExpressionFunction<CircuitMetrics>
>([
  [
    'NetworkErrorRatio',
    {
      usage: 'NetworkErrorRatio()',
      check: noArguments,
      value: () => (metrics) => metrics.networkErrorRatio(),
    },
  ],
  [
    'ResponseCodeRatio',
    {
      usage: 'ResponseCodeRatio(from, to, dividedByFrom, dividedByTo)',
      check(args) {
        if (args.length !== 4 || args.some((arg) => !Number.isInteger(arg) || arg > 1000))
          return 'it takes four status codes, such as ResponseCodeRatio(500, 600, 0, 600)';
        const [from = 0, to = 0, byFrom = 0, byTo = 0] = args;
        if (from < to && byFrom < byTo) return undefined;
        return 'a range ends before its second number, which must be larger than the first';
      },
      value:
        ([from = 0, to = 0, byFrom = 0, byTo = 0]) =>
        (metrics) =>
          metrics.responseCodeRatio(from, to, byFrom, byTo),
    },
  ],
  [
    'LatencyAtQuantileMS',
    {
      usage: 'LatencyAtQuantileMS(percent)',
      check: (args) =>
        args.length === 1 && (args[0] as number) > 0 && (args[0] as number) <= 100
          ? undefined
          : 'it takes one number above 0 and up to 100, such as LatencyAtQuantileMS(50.0)',
      value:
        ([percent = 0]) =>
        (metrics) =>
          metrics.latencyAtQuantileMs(percent),
    },
  ],
  [
    'RequestThreshold',
    { usage: 'RequestThreshold()', check: noArguments, value: () => (metrics) => metrics.requests },
  ],
]);
