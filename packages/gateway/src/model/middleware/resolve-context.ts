/** What resolving one middleware may ask of the rest of the configuration. */

import type { EndpointModel, QName, TransportModel } from '../model.ts';
import type { Resolution } from '../resolution.ts';
import type { DynamicSource } from '../resolve-input.ts';

export interface MiddlewareContext {
  readonly source: DynamicSource;
  /** Where the middleware is written: `['http', 'middlewares', name, kind]`. */
  readonly path: readonly (string | number)[];
  readonly resolution: Resolution;
  /** The index in `Model.services` of the service that `written` names, or why there is none. */
  service(written: string): number | { readonly missing: string };
  /**
   * A load balancer of its own with this one endpoint, for a middleware that asks somebody (forwardAuth); returns its
   * index in `Model.services`.
   */
  ownService(name: QName, endpoint: EndpointModel, transport: TransportModel): number;
}
