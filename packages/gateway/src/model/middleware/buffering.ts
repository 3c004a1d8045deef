/** `buffering` as the data plane is told of it. */
import type { BufferingConfig } from '../../config/middleware/buffering.ts';
import { retryRule } from '../../service/retry-expression.ts';
import { defaultRetryPolicy, type RetryPolicy } from '../../service/retry-policy.ts';
import type { QName } from '../model.ts';

export interface BufferingModel {
  readonly kind: 'buffering';
  readonly name: QName;
  /** -1: no limit. */
  readonly maxRequestBytes: number;
  readonly memoryRequestBytes: number;
  /** -1: no limit, and responses are not buffered. */
  readonly maxResponseBytes: number;
  readonly memoryResponseBytes: number;
  readonly retry?: RetryPolicy;
}

const defaultMemory = 1_048_576;

export function resolveBuffering(name: QName, config: BufferingConfig): BufferingModel | string {
  const { retryExpression, memRequestBodyBytes = defaultMemory } = config;
  const rule = retryExpression === undefined ? undefined : retryRule(retryExpression);
  if (typeof rule === 'string') return `retryExpression: ${rule}`;
  return {
    kind: 'buffering',
    name,
    maxRequestBytes: config.maxRequestBodyBytes || -1,
    memoryRequestBytes: memRequestBodyBytes,
    maxResponseBytes: config.maxResponseBodyBytes || -1,
    memoryResponseBytes: config.memResponseBodyBytes ?? defaultMemory,
    ...(rule && { retry: { ...defaultRetryPolicy, ...rule, maxBodyBytes: memRequestBodyBytes } }),
  };
}
