/** `stripPrefix` and `addPrefix` as the data plane is told of them. */
import type { AddPrefixConfig } from '../../config/middleware/add-prefix.ts';
import type { StripPrefixConfig } from '../../config/middleware/strip-prefix.ts';
import { canonicalPath } from '../../http/path.ts';
import { pathLiteral } from '../../http/path-literal.ts';
import type { QName } from '../model.ts';

export interface StripPrefixModel {
  readonly kind: 'stripPrefix';
  readonly name: QName;
  readonly prefixes: readonly string[];
}

export interface AddPrefixModel {
  readonly kind: 'addPrefix';
  readonly name: QName;
  readonly prefix: string;
}

export function resolveStripPrefix(name: QName, config: StripPrefixConfig): StripPrefixModel {
  return { kind: 'stripPrefix', name, prefixes: config.prefixes.map(withSlash) };
}

export function resolveAddPrefix(name: QName, config: AddPrefixConfig): AddPrefixModel | string {
  const path = canonicalPath(pathLiteral(withSlash(config.prefix)));
  if (path === undefined || path === '/') {
    const shown = JSON.stringify(config.prefix);
    return `prefix: want a path such as /api to put before others, got ${shown}`;
  }
  return { kind: 'addPrefix', name, prefix: withSlash(config.prefix) };
}

function withSlash(prefix: string): string {
  return prefix.startsWith('/') ? prefix : `/${prefix}`;
}
