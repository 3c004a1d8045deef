/** Every kind of middleware as the data plane is told of it, one line a kind. */
import type { QName } from '../model.ts';
import type { CircuitBreakerModel } from './circuit-breaker.ts';
import type { HeadersModel } from './headers.ts';
import type { AddPrefixModel, StripPrefixModel } from './prefixes.ts';

export type MiddlewareModel =
  | HeadersModel
  | StripPrefixModel
  | AddPrefixModel
  | CircuitBreakerModel
  | ChainModel
  | BrokenMiddleware;

/** Its members stand in its place wherever it is used. */
export interface ChainModel {
  readonly kind: 'chain';
  readonly name: QName;
  /** Indexes into `Model.middlewares`, chains among them written out. */
  readonly middlewares: readonly number[];
}

/** Could not be resolved: the routers and services that name it answer 503. */
export interface BrokenMiddleware {
  readonly kind: 'broken';
  readonly name: QName;
  readonly detail: string;
}
