/** Makes what finds sessions, and loads its code for those services only that have them. */
import { loader } from '@ficus/common/load.ts';
import type { EndpointModel } from '../../model/model.ts';
import type { StickyModel } from '../../model/service/models.ts';
import type { Leg } from '../weighted.ts';
import type { Sticky } from './sticky.ts';

const load = loader(import.meta.url);

/** Of the endpoints of a load balancer; undefined where nothing is sticky. */
export function stickyEndpoints(
  model: StickyModel | undefined,
  endpoints: readonly EndpointModel[],
): Sticky | undefined {
  if (model === undefined) return undefined;
  const { serverUrls } = load<typeof import('./server-url.ts')>('server-url');
  return made(model, endpoints.map(serverUrls));
}

/** Of the legs of a weighted service; undefined where nothing is sticky. */
export function stickyLegs(model: StickyModel | undefined, legs: readonly Leg[]): Sticky | undefined {
  if (model === undefined) return undefined;
  const { namesOfLegs } = load<typeof import('./leg-names.ts')>('leg-names');
  return made(model, namesOfLegs(legs));
}

function made(model: StickyModel, names: readonly (readonly string[])[]): Sticky {
  const loaded = load<typeof import('./sticky.ts')>('sticky');
  return new loaded.Sticky(model, names);
}
