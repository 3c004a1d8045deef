/** `stripPrefix`: takes a prefix off the path and says so in X-Forwarded-Prefix. */
import type { RequestHead } from '../http/message.ts';
import { canonicalPath } from '../http/path.ts';
import { pathLiteral } from '../http/path-literal.ts';
import type { Middleware, Refusal } from './middleware.ts';

/** Strips the first of `prefixes` the path starts with; other paths pass as they are. The rest starts with `/`. */
export function stripPrefix(config: { readonly prefixes: readonly string[] }): Middleware {
  return new StripPrefix(config.prefixes.map((prefix) => prefix.trim()).filter((prefix) => prefix !== ''));
}

const disguised: Refusal = {
  code: 'request.malformed',
  detail: 'without its prefix the path is not canonical',
};

class StripPrefix implements Middleware {
  /** As the endpoint is told of them. */
  readonly #told: readonly string[];
  readonly #literals: readonly string[];

  constructor(prefixes: readonly string[]) {
    // The wire writes latin1, so text beyond ASCII goes as its UTF-8 bytes.
    this.#told = prefixes.map((prefix) => Buffer.from(prefix, 'utf8').toString('latin1'));
    this.#literals = prefixes.map(pathLiteral);
  }

  request(head: RequestHead): Refusal | undefined {
    const literals = this.#literals;
    for (let i = 0; i < literals.length; i++) {
      const literal = literals[i] as string;
      if (!head.path.startsWith(literal)) continue;
      const rest = head.path.slice(literal.length);
      const path = rest.charCodeAt(0) === SLASH ? rest : `/${rest}`;
      // `/api` taken off `/api../admin` leaves `/../admin`: whoever routed on the first did not allow the second.
      if (canonicalPath(path, head.keepsEmptySegments) !== path) return disguised;
      head.path = path;
      head.headers.push('x-forwarded-prefix', this.#told[i] as string, 'X-Forwarded-Prefix');
      return undefined;
    }
    return undefined;
  }
}

const SLASH = 0x2f;
