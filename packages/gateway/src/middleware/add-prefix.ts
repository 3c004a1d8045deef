/** `addPrefix`: puts a prefix before the path. */
import { FicusError } from '@ficus/common/errors.ts';
import type { RequestHead } from '../http/message.ts';
import { canonicalPath } from '../http/path.ts';
import { pathLiteral } from '../http/path-literal.ts';
import type { Middleware } from './middleware.ts';

/** A prefix without leading slash gets one, as in Traefik; throws a FicusError when it can be no path. */
export function addPrefix(config: { readonly prefix: string }): Middleware {
  const written = config.prefix.startsWith('/') ? config.prefix : `/${config.prefix}`;
  const canonical = canonicalPath(pathLiteral(written));
  if (canonical === undefined || canonical === '/') {
    throw new FicusError(
      'config.bad-prefix',
      `addPrefix.prefix: want a path like /api, got "${config.prefix}"`,
      {
        remedy: 'write the path that goes before every request path, without a query',
        status: 400,
      },
    );
  }
  return new AddPrefix(canonical.endsWith('/') ? canonical.slice(0, -1) : canonical);
}

class AddPrefix implements Middleware {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Canonical before canonical stays canonical: the prefix has no slash at its end, the path one at its start. */
  request(head: RequestHead): undefined {
    if (head.path !== '*') head.path = this.#prefix + head.path;
  }
}
