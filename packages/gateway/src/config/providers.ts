/** Where configuration comes from, as both roles write it: `providers`, and Traefik Hub's `hub.providers`. */
import { object, optional, type Schema } from '@ficus/common/config/schema.ts';
import { fileProviderSchema, hubProvidersNotYet, providersNotYet } from './static.ts';

/** `providers`, with what `multicluster` means to the role. */
export function providersSchema<M>(multicluster: Schema<M>) {
  return object(
    'Where dynamic configuration comes from.',
    { file: optional(fileProviderSchema), multicluster: optional(multicluster) },
    { notYet: providersNotYet },
  );
}

/** `hub.providers`: the same `multicluster`, nothing else. */
export function hubProvidersSchema<M>(multicluster: Schema<M>) {
  return object('As `providers`.', { multicluster: optional(multicluster) }, { notYet: hubProvidersNotYet });
}
