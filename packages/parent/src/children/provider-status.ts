/** A child's provider as the admin API shows it. */
import type { ProviderStatus } from '@ficus/common/api/admin.ts';
import type { ProviderState } from '@ficus/common/uplink/provider-state.ts';

/** The same, with times as ISO 8601. */
export function providerStatus({ lastGoodAt, error, ...rest }: ProviderState): ProviderStatus {
  return {
    ...rest,
    ...(lastGoodAt === undefined ? {} : { lastGoodAt: new Date(lastGoodAt).toISOString() }),
    ...(error === undefined ? {} : { error: { ...error, since: new Date(error.since).toISOString() } }),
  };
}
