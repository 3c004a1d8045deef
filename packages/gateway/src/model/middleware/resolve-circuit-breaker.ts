/** `circuitBreaker` as written → as the data plane is told of it. */
import type { CircuitBreakerConfig } from '../../config/middleware/circuit-breaker.ts';
import { checkExpression } from '../../service/circuit/expression.ts';
import type { QName } from '../model.ts';
import type { CircuitBreakerModel, CircuitBreakerSettings } from './circuit-breaker.ts';
import type { MiddlewareContext } from './resolve-context.ts';

/** The settings, or what is wrong with the expression. */
export function circuitBreakerSettings(config: CircuitBreakerConfig): CircuitBreakerSettings | string {
  const wrong = checkExpression(config.expression);
  if (wrong !== undefined) return wrong;
  return {
    expression: config.expression,
    checkPeriodMs: config.checkPeriod || 100,
    fallbackMs: config.fallbackDuration || 10_000,
    recoveryMs: config.recoveryDuration || 10_000,
    responseCode: config.responseCode ?? 503,
    minRequests: config.minRequests ?? 1,
  };
}

export function resolveCircuitBreaker(
  name: QName,
  config: CircuitBreakerConfig,
  context: MiddlewareContext,
): CircuitBreakerModel | string {
  const settings = circuitBreakerSettings(config);
  if (typeof settings === 'string') return `expression: ${settings}`;
  if (config.fallbackService === undefined) return { kind: 'circuitBreaker', name, ...settings };
  const service = context.service(config.fallbackService);
  if (typeof service !== 'number') return `fallbackService: ${service.missing}`;
  return { kind: 'circuitBreaker', name, ...settings, fallbackService: service };
}
