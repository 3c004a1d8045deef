/** Where configuration comes from, as both roles write it: `providers`, and Traefik Hub's `hub.providers`. */
import { type Optional, object, optional, type Schema } from '@ficus/common/config/schema.ts';
import { fileProviderSchema, hubProvidersNotYet, providersNotYet } from './static.ts';

/** Providers that only children have, by key. */
type OfChildren = Readonly<Record<string, Optional>>;

const elsewhere = {
  nutanixPrismCentral: "belongs into a child's file: children find workloads, parents find children",
};

/** `providers`, with what `multicluster` means to the role and, for children, what else finds workloads. */
export function providersSchema<M, P extends OfChildren = Record<never, never>>(
  multicluster: Schema<M>,
  ofChildren?: P,
) {
  return object(
    'Where dynamic configuration comes from.',
    { file: optional(fileProviderSchema), multicluster: optional(multicluster), ...(ofChildren as P) },
    { notYet: providersNotYet, ...(ofChildren === undefined ? { elsewhere } : {}) },
  );
}

/** `hub.providers`: the same, without `file`. */
export function hubProvidersSchema<M, P extends OfChildren = Record<never, never>>(
  multicluster: Schema<M>,
  ofChildren?: P,
) {
  return object(
    'As `providers`.',
    { multicluster: optional(multicluster), ...(ofChildren as P) },
    { notYet: hubProvidersNotYet, ...(ofChildren === undefined ? { elsewhere } : {}) },
  );
}
