/** How aggregated services are served beyond weights and modes: as the parent's static configuration says. */
import type { ReportProblem } from '@ficus/common/config/decode.ts';
import type { CircuitBreakerConfig } from '@ficus/gateway/config/middleware/circuit-breaker.ts';
import type { StickyConfig } from '@ficus/gateway/config/service-kinds/sticky.ts';
import { circuitBreakerSettings } from '@ficus/gateway/model/middleware/resolve-circuit-breaker.ts';
import type { WeightedModel } from '@ficus/gateway/model/service/models.ts';
import { stickyModel } from '@ficus/gateway/model/service/sticky.ts';
import { aggregatedService } from './mesh-model.ts';

/** `providers.multicluster.uplinks.<name>`. */
export interface UplinkTermsConfig {
  readonly sticky?: StickyConfig;
  readonly circuitBreaker?: CircuitBreakerConfig;
}

/** Of one aggregated service. */
export type UplinkTerms = Pick<WeightedModel, 'sticky' | 'circuitBreaker'>;

type Configured = Readonly<Record<string, UplinkTermsConfig>>;

/** What the schema cannot say of `uplinks`, which stand at `path`. */
export function checkUplinkTerms(
  uplinks: Configured | undefined,
  path: readonly string[],
  report: ReportProblem,
): void {
  for (const [name, { circuitBreaker }] of Object.entries(uplinks ?? {})) {
    if (circuitBreaker === undefined) continue;
    const here = [...path, name, 'circuitBreaker'];
    const settings = circuitBreakerSettings(circuitBreaker);
    if (typeof settings === 'string') report([...here, 'expression'], settings);
    if (circuitBreaker.fallbackService !== undefined)
      report([...here, 'fallbackService'], 'a breaker of legs has none: the other children take over');
  }
}

/** By exposed name, of what `checkUplinkTerms` has let through. A cookie without a name is named after `<name>@multicluster`. */
export function uplinkTerms(uplinks: Configured): (uplink: string) => UplinkTerms {
  const terms = new Map(Object.entries(uplinks).map(([name, config]) => [name, termsOf(name, config)]));
  return (uplink) => terms.get(uplink) ?? {};
}

function termsOf(name: string, { sticky, circuitBreaker }: UplinkTermsConfig): UplinkTerms {
  const settings = circuitBreaker && circuitBreakerSettings(circuitBreaker);
  return {
    ...(sticky === undefined ? {} : { sticky: stickyModel(aggregatedService(name), sticky) }),
    ...(settings === undefined || typeof settings === 'string' ? {} : { circuitBreaker: settings }),
  };
}
