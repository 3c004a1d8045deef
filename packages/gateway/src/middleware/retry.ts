/** `retry`: nothing on the way; it tells the forward how a request may be sent again. */
import type { RetryModel } from '../model/middleware/retry.ts';
import type { Middleware } from './middleware.ts';

export function retry(model: RetryModel): Middleware {
  return { retry: model.policy };
}
