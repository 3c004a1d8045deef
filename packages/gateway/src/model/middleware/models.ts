/** Every kind of middleware as the data plane is told of it, one line a kind. */
import type { QName } from '../model.ts';
import type { BufferingModel } from './buffering.ts';
import type { CircuitBreakerModel } from './circuit-breaker.ts';
import type { CompressModel } from './compress.ts';
import type { ContentTypeModel } from './content-type.ts';
import type { ErrorsModel } from './errors.ts';
import type { ForwardAuthModel } from './forward-auth.ts';
import type { GrpcWebModel } from './grpc-web.ts';
import type { HeadersModel } from './headers.ts';
import type { InFlightReqModel } from './in-flight-req.ts';
import type { IpAllowListModel } from './ip-allow-list.ts';
import type { PassTLSClientCertModel } from './pass-tls-client-cert.ts';
import type { BasicAuthModel, DigestAuthModel } from './password-auth.ts';
import type {
  EncodedCharactersModel,
  ReplacePathModel,
  ReplacePathRegexModel,
  StripPrefixRegexModel,
} from './paths.ts';
import type { AddPrefixModel, StripPrefixModel } from './prefixes.ts';
import type { RateLimitModel } from './rate-limit.ts';
import type { RedirectRegexModel, RedirectSchemeModel } from './redirects.ts';
import type { RetryModel } from './retry.ts';

export type MiddlewareModel =
  | HeadersModel
  | StripPrefixModel
  | StripPrefixRegexModel
  | AddPrefixModel
  | ReplacePathModel
  | ReplacePathRegexModel
  | RedirectSchemeModel
  | RedirectRegexModel
  | ContentTypeModel
  | EncodedCharactersModel
  | PassTLSClientCertModel
  | BasicAuthModel
  | DigestAuthModel
  | ForwardAuthModel
  | IpAllowListModel
  | BufferingModel
  | CompressModel
  | ErrorsModel
  | GrpcWebModel
  | RateLimitModel
  | InFlightReqModel
  | CircuitBreakerModel
  | RetryModel
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
