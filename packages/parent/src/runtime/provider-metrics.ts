/** How children's providers fare, as metrics: what to be woken up for. Pure. */
import type { ChildStatus } from '@ficus/common/api/admin.ts';
import { metric } from './prometheus.ts';

/** One sample for each provider of each child. */
export function providerMetrics(children: readonly ChildStatus[]): string {
  const all = children.flatMap(({ name: child, providers = [] }) =>
    providers.map((provider) => [{ child, provider: provider.name }, provider] as const),
  );
  return [
    metric(
      'ficus_provider_up',
      'gauge',
      '0 while the provider of a child gets no good answer: its last one holds.',
      all.map(([labels, { state }]) => [labels, state === 'ok' ? 1 : 0]),
    ),
    metric(
      'ficus_provider_services',
      'gauge',
      'Services in the last good answer of a provider.',
      all.map(([labels, { services }]) => [labels, services]),
    ),
    metric(
      'ficus_provider_machines',
      'gauge',
      'Machines behind them.',
      all.map(([labels, { machines }]) => [labels, machines]),
    ),
    metric(
      'ficus_provider_conditions',
      'gauge',
      'Things that somebody should mend, `ficus status` lists them.',
      all.map(([labels, { conditions }]) => [labels, conditions.length]),
    ),
  ].join('');
}
