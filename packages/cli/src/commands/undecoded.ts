/** Files with mistakes that keep them from being decoded: what others refer to in them is not missing. */
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { DynamicConfig } from '@ficus/gateway/config/dynamic.ts';

type Objects = Readonly<Record<string, unknown>>;

/** Any key, in YAML of either style or JSON: what an object could be called. */
const keys = /(?:^|[\s{,])["']?([\w./-]+)["']?[ \t]*:(?=\s|$)/gm;

/** In place of an object that nobody can read; all of these are right by themselves. */
const standIns = {
  routers: { rule: 'PathPrefix(`/`)' },
  services: { loadBalancer: { servers: [] } },
  middlewares: { addPrefix: { prefix: '/a' } },
  serversTransports: {},
} as const;

export class Undecoded {
  readonly #names: ReadonlySet<string>;
  /** `http services name`: put there by `complete`. */
  readonly #added = new Set<string>();

  /** `texts` of the files. */
  constructor(texts: readonly string[]) {
    const found = texts.flatMap((text) => [...text.matchAll(keys)].map((match) => match[1] as string));
    this.#names = new Set(found);
  }

  /** `config` with something of every name that the files may declare. */
  complete(config: DynamicConfig): DynamicConfig {
    if (this.#names.size === 0) return config;
    const http: Record<string, unknown> = { ...config.http };
    for (const [group, standIn] of Object.entries(standIns)) {
      http[group] = this.#filled(['http', group], http[group] as Objects | undefined, standIn);
    }
    const options = this.#filled(['tls', 'options'], config.tls?.options, {});
    return { ...config, http, tls: { ...config.tls, options } } as DynamicConfig;
  }

  #filled(path: readonly string[], written: Objects = {}, standIn: object): Objects {
    const all: Record<string, unknown> = { ...written };
    for (const name of this.#names) {
      if (Object.hasOwn(written, name)) continue;
      all[name] = standIn;
      this.#added.add([...path, name].join(' '));
    }
    return all;
  }

  /** Whether a problem of the completed configuration may be due to the files alone. */
  explains({ path }: ConfigProblem): boolean {
    if (this.#names.size === 0) return false;
    if (this.#added.has(path.slice(0, 3).join(' '))) return true;
    // The routers that lead away from one, and its uplinks, may be in these files.
    return path[1] === 'routers' && (path.length === 3 || path[3] === 'uplinks');
  }
}
