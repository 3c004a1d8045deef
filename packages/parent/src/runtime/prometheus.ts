/** The Prometheus text format: counters, gauges and histograms. */

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

/** A counter or gauge; nothing when it has no samples. */
export function metric(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly Sample[],
): string {
  if (samples.length === 0) return '';
  return head(name, type, help) + samples.map((sample) => line(name, sample)).join('');
}

/** Counts of one histogram by place, not yet added up: one place more than there are bounds. */
export interface Histogram {
  readonly labels: Labels;
  readonly counts: readonly number[];
  /** Of all values, in the unit of the bounds. */
  readonly sum: number;
}

/** `bounds` are upper ends, included, ascending; what is above them has the last place. */
export function histogram(
  name: string,
  help: string,
  bounds: readonly number[],
  histograms: readonly Histogram[],
): string {
  if (histograms.length === 0) return '';
  const samples = histograms.map(({ labels, counts, sum }) => {
    let within = 0;
    const buckets = [...bounds.map(String), '+Inf'].map((le, place) => {
      within += counts[place] ?? 0;
      return line(`${name}_bucket`, [{ ...labels, le }, within]);
    });
    return buckets.join('') + line(`${name}_sum`, [labels, sum]) + line(`${name}_count`, [labels, within]);
  });
  return head(name, 'histogram', help) + samples.join('');
}

function head(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function line(name: string, [labels, value]: Sample): string {
  return `${name}${labelText(labels)} ${value}\n`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
