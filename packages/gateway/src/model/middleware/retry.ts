/** `retry` as the data plane is told of it. */
import type { RetryConfig } from '../../config/middleware/retry.ts';
import type { RetryPolicy } from '../../service/retry-policy.ts';
import type { QName } from '../model.ts';
import { statusRanges } from '../service/resolve-composites.ts';

export interface RetryModel {
  readonly kind: 'retry';
  readonly name: QName;
  readonly policy: RetryPolicy;
}

const defaultBodyBytes = 2_097_152;

export function resolveRetry(name: QName, config: RetryConfig): RetryModel {
  const { maxRequestBodyBytes = -1 } = config;
  return {
    kind: 'retry',
    name,
    policy: {
      attempts: config.attempts,
      networkErrors: config.disableRetryOnNetworkError !== true,
      statuses: statusRanges(config.status ?? []),
      initialIntervalMs: config.initialInterval ?? 0,
      timeoutMs: config.timeout ?? 0,
      maxBodyBytes: maxRequestBodyBytes < 0 ? defaultBodyBytes : maxRequestBodyBytes,
      nonIdempotent: config.retryNonIdempotentMethod ?? false,
    },
  };
}
