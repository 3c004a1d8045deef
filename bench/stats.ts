/** Medians and percentiles. */

/** The middle value, or the mean of the two middle ones. Throws a RangeError for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('the median of nothing');
  return (lower + upper) / 2;
}

/**
 * The median over windows of each window's percentile: what is typical, so that one disturbance from outside the
 * measurement moves it little. `at` says when each value was taken; windows are `width` wide and begin at the first.
 */
export function typicalPercentile(
  values: readonly { readonly at: number; readonly value: number }[],
  share: number,
  width: number,
): number {
  const begin = values[0]?.at ?? 0;
  const windows = Map.groupBy(values, ({ at }) => Math.floor((at - begin) / width));
  return median(
    [...windows.values()].map((list) =>
      percentile(
        list.map(({ value }) => value),
        share,
      ),
    ),
  );
}

/** Nearest-rank percentile, `share` from 0 to 1. Throws a RangeError for an empty list. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('a percentile of nothing');
  return value;
}
