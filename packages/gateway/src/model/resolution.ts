/** What the parts of `resolve` share: names, sources, and the list of what is disabled. */
import { didYouMean } from '@ficus/common/config/nearest.ts';
import type { QName } from './model.ts';
import type { Disabled, DisabledKind, DynamicSource } from './resolve-input.ts';

/** A string that no other name and provider give: providers are ours, and none holds a NUL. */
export function keyOf([name, provider]: QName): string {
  return `${provider}\0${name}`;
}

/** `name@provider`, for people. */
export function showName([name, provider]: QName): string {
  return `${name}@${provider}`;
}

/** `name@provider`, or a bare name of the provider that says it. No name holds an `@`. */
export function reference(written: string, provider: string): QName {
  const at = written.lastIndexOf('@');
  return at < 0 ? [written, provider] : [written.slice(0, at), written.slice(at + 1)];
}

/** Providers whose objects come and go: what is missing there is awaited. */
export const awaitedProvider = 'multicluster';

type Path = readonly (string | number)[];

export class Resolution {
  readonly disabled: Disabled[] = [];
  readonly #seen = new Set<string>();

  /**
   * Disables one object; `path` is where in `source` a person should look, `message` what to say there in place of the
   * reason, `excerpt` lines that show it.
   */
  disable(
    kind: DisabledKind,
    name: string,
    reason: string,
    where?: { source: DynamicSource; path: Path; pending?: boolean; message?: string; excerpt?: string },
  ): void {
    const key = JSON.stringify([kind, name, reason, where?.path]);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const pending = where?.pending ?? false;
    const position = where?.source.at?.(where.path);
    const excerpt = where?.excerpt === undefined ? '' : `\n${where.excerpt.replaceAll(/^/gm, '    ')}`;
    const message = (where?.message ?? reason) + excerpt;
    const problem = position && where ? { problem: { ...position, path: where.path, message } } : {};
    this.disabled.push({ kind, name, reason, pending, ...problem });
  }
}

/** Objects of one kind by name, in the order they were added. */
export class Names<T> {
  readonly #byKey = new Map<string, { readonly name: QName; readonly value: T }>();

  add(name: QName, value: T): void {
    this.#byKey.set(keyOf(name), { name, value });
  }

  get(name: QName): T | undefined {
    return this.#byKey.get(keyOf(name))?.value;
  }

  has(name: QName): boolean {
    return this.#byKey.has(keyOf(name));
  }

  entries(): Iterable<{ readonly name: QName; readonly value: T }> {
    return this.#byKey.values();
  }

  /** `no service "ordrs", did you mean "orders"?` */
  missing(what: string, written: string, wanted: QName): string {
    if (this.has(wanted)) return `${what} ${JSON.stringify(written)} is disabled`;
    const known = [...this.#byKey.values()].map(({ name }) => name);
    const candidates = known.map((name) =>
      (!written.includes('@') && name[1] === wanted[1]) || name[1] === '' ? name[0] : showName(name),
    );
    return `no ${what} ${JSON.stringify(written)}${didYouMean(written, candidates)}`;
  }
}
