/** Middlewares → models by index, each resolved when first asked for. */
import type { MiddlewareConfig } from '../config/middlewares.ts';
import { resolveBuffering } from './middleware/buffering.ts';
import { resolveCompress } from './middleware/compress.ts';
import { resolveContentType } from './middleware/content-type.ts';
import { resolveErrors } from './middleware/errors.ts';
import { resolveForwardAuth } from './middleware/forward-auth.ts';
import { resolveGrpcWeb } from './middleware/grpc-web.ts';
import { resolveHeaders } from './middleware/headers.ts';
import { resolveInFlightReq } from './middleware/in-flight-req.ts';
import { resolveIpAllowList, resolveIpWhiteList } from './middleware/ip-allow-list.ts';
import type { MiddlewareModel } from './middleware/models.ts';
import { resolvePassTLSClientCert } from './middleware/pass-tls-client-cert.ts';
import { resolveBasicAuth, resolveDigestAuth } from './middleware/password-auth.ts';
import {
  resolveEncodedCharacters,
  resolveReplacePath,
  resolveReplacePathRegex,
  resolveStripPrefixRegex,
} from './middleware/paths.ts';
import { resolveAddPrefix, resolveStripPrefix } from './middleware/prefixes.ts';
import { resolveRateLimit } from './middleware/rate-limit.ts';
import { resolveRedirectRegex, resolveRedirectScheme } from './middleware/redirects.ts';
import { resolveCircuitBreaker } from './middleware/resolve-circuit-breaker.ts';
import type { MiddlewareContext } from './middleware/resolve-context.ts';
import { resolveRetry } from './middleware/retry.ts';
import type { QName } from './model.ts';
import { Names, type Resolution, reference, showName } from './resolution.ts';
import type { DynamicSource } from './resolve-input.ts';
import type { Services } from './resolve-services.ts';

/** The kinds that stand for themselves; a string says why it cannot serve. */
type Kind = Exclude<keyof MiddlewareConfig, 'chain'>;
type Resolver<K extends Kind> = (
  name: QName,
  config: NonNullable<MiddlewareConfig[K]>,
  context: MiddlewareContext,
) => MiddlewareModel | string;

/** One line a kind. */
const resolvers: { readonly [K in Kind]: Resolver<K> } = {
  headers: resolveHeaders,
  stripPrefix: resolveStripPrefix,
  stripPrefixRegex: resolveStripPrefixRegex,
  addPrefix: resolveAddPrefix,
  replacePath: resolveReplacePath,
  replacePathRegex: resolveReplacePathRegex,
  redirectScheme: resolveRedirectScheme,
  redirectRegex: resolveRedirectRegex,
  contentType: resolveContentType,
  encodedCharacters: resolveEncodedCharacters,
  passTLSClientCert: resolvePassTLSClientCert,
  basicAuth: resolveBasicAuth,
  digestAuth: resolveDigestAuth,
  forwardAuth: resolveForwardAuth,
  buffering: resolveBuffering,
  compress: resolveCompress,
  errors: resolveErrors,
  grpcWeb: resolveGrpcWeb,
  ipAllowList: resolveIpAllowList,
  ipWhiteList: resolveIpWhiteList,
  rateLimit: resolveRateLimit,
  inFlightReq: resolveInFlightReq,
  circuitBreaker: resolveCircuitBreaker,
  retry: resolveRetry,
};

interface Declared {
  readonly source: DynamicSource;
  readonly config: MiddlewareConfig;
}

/** Either the middlewares that a name stands for, or why it stands for none. */
export type Found = readonly number[] | { readonly missing: string };

export class Middlewares {
  readonly models: MiddlewareModel[] = [];
  readonly #declared = new Names<Declared>();
  readonly #indexes = new Names<number>();
  readonly #building: QName[] = [];
  readonly #resolution: Resolution;
  readonly #services: Services;

  constructor(services: Services, resolution: Resolution) {
    this.#services = services;
    this.#resolution = resolution;
  }

  declare(source: DynamicSource): void {
    for (const [name, config] of Object.entries(source.config.http?.middlewares ?? {}))
      this.#declared.add([name, source.provider], { source, config });
  }

  buildAll(): void {
    for (const { name } of this.#declared.entries()) this.#index(name);
  }

  /** The indexes of what `written` names: one, or the members of a chain. */
  find(written: string, provider: string): Found {
    const name = reference(written, provider);
    const index = this.#index(name);
    if (index === undefined) return { missing: this.#declared.missing('middleware', written, name) };
    const model = this.models[index] as MiddlewareModel;
    if (model.kind === 'broken') return { missing: `middleware ${JSON.stringify(written)}: ${model.detail}` };
    return model.kind === 'chain' ? model.middlewares : [index];
  }

  #index(name: QName): number | undefined {
    const built = this.#indexes.get(name);
    if (built !== undefined) return built;
    const declared = this.#declared.get(name);
    if (declared === undefined) return undefined;
    // Reserved first, so that a chain that leads back to itself is seen as such.
    const index = this.models.push({ kind: 'broken', name, detail: 'it leads back to itself' }) - 1;
    this.#indexes.add(name, index);
    this.#building.push(name);
    this.models[index] = this.#build(name, declared);
    this.#building.pop();
    return index;
  }

  #build(name: QName, { source, config }: Declared): MiddlewareModel {
    const base = ['http', 'middlewares', name[0]];
    if (config.chain !== undefined) return this.#chain(name, source, config.chain.middlewares, base);
    // The schema's check made sure that there is exactly one kind.
    const kind = Object.keys(config)[0] as Kind;
    const resolve = resolvers[kind] as Resolver<Kind>;
    const path = [...base, kind];
    const model = resolve(name, config[kind] as never, {
      source,
      path,
      resolution: this.#resolution,
      service: (written) => this.#services.find(written, source.provider),
      ownService: (own, endpoint, transport) => this.#services.own(own, endpoint, transport),
    });
    return typeof model === 'string'
      ? this.#disable(name, model, source, path, placed(model, config[kind]))
      : model;
  }

  #chain(name: QName, source: DynamicSource, members: readonly string[], base: string[]): MiddlewareModel {
    const middlewares: number[] = [];
    let broken: MiddlewareModel | undefined;
    for (const [position, written] of members.entries()) {
      const path = [...base, 'chain', 'middlewares', position];
      const wanted = reference(written, source.provider);
      const loop = this.#building.findIndex((each) => showName(each) === showName(wanted));
      if (loop >= 0) {
        const way = [...this.#building.slice(loop), wanted].map(showName).join(' → ');
        return this.#disable(name, `leads back to itself: ${way}`, source, path);
      }
      const found = this.find(written, source.provider);
      if ('missing' in found) {
        const disabled = this.#disable(name, found.missing, source, path);
        broken ??= disabled;
      } else {
        middlewares.push(...found);
      }
    }
    if (broken !== undefined) return broken;
    return { kind: 'chain', name, middlewares };
  }

  #disable(
    name: QName,
    detail: string,
    source: DynamicSource,
    path: readonly (string | number)[],
    { within, message }: Placed = { within: [], message: detail },
  ): MiddlewareModel {
    const where = { source, path: [...path, ...within], message };
    this.#resolution.disable('middleware', showName(name), detail, where);
    return { kind: 'broken', name, detail };
  }
}

interface Placed {
  readonly within: readonly (string | number)[];
  readonly message: string;
}

/** A mistake that begins with its key, such as `regex[0]: …`, is told at that key. */
function placed(detail: string, config: object | undefined): Placed {
  const [begin, key, index] = /^([a-zA-Z]+)(?:\[(\d+)\])?: /.exec(detail) ?? [];
  if (begin === undefined || key === undefined || !Object.hasOwn(config ?? {}, key)) {
    return { within: [], message: detail };
  }
  const within = index === undefined ? [key] : [key, Number(index)];
  return { within, message: detail.slice(begin.length) };
}
