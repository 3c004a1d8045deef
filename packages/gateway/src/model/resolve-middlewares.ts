/** Middlewares → models by index. */
import type { MiddlewareConfig } from '../config/middlewares.ts';
import type { MiddlewareModel, QName } from './model.ts';
import { Names, reference } from './resolution.ts';
import type { DynamicSource } from './resolve-input.ts';

export class Middlewares {
  readonly models: MiddlewareModel[] = [];
  readonly #indexes = new Names<number>();

  declare(source: DynamicSource): void {
    for (const [name, config] of Object.entries(source.config.http?.middlewares ?? {})) {
      const qname: QName = [name, source.provider];
      this.#indexes.add(qname, this.models.push(middlewareOf(qname, config)) - 1);
    }
  }

  /** The index of the middleware that `written` names, or why there is none. */
  find(written: string, provider: string): number | { readonly missing: string } {
    const name = reference(written, provider);
    return this.#indexes.get(name) ?? { missing: this.#indexes.missing('middleware', written, name) };
  }
}

/** The schema's check made sure that there is exactly one kind. */
function middlewareOf(name: QName, config: MiddlewareConfig): MiddlewareModel {
  if (config.stripPrefix !== undefined) {
    return { kind: 'stripPrefix', name, prefixes: config.stripPrefix.prefixes.map(withSlash) };
  }
  if (config.addPrefix !== undefined)
    return { kind: 'addPrefix', name, prefix: withSlash(config.addPrefix.prefix) };
  return {
    kind: 'headers',
    name,
    headers: {
      request: fields(config.headers?.customRequestHeaders),
      response: fields(config.headers?.customResponseHeaders),
    },
  };
}

function withSlash(prefix: string): string {
  return prefix.startsWith('/') ? prefix : `/${prefix}`;
}

function fields(headers: Readonly<Record<string, string>> = {}): (readonly [string, string])[] {
  return Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
}
