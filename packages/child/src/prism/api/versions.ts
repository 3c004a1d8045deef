/** Which version of each of v4's namespaces is spoken: asked once, asked again when paths are not there any more. */
import type { PrismConfig } from '../config.ts';
import type { Asker } from './client.ts';
import { member, PrismError } from './error.ts';

/** Newest first. */
const ours = ['v4.1', 'v4.0'] as const;
type Version = (typeof ours)[number];
export type Namespace = 'vmm' | 'prism' | 'networking';

export class Versions {
  readonly #client: Asker;
  readonly #fixed: Version | undefined;
  readonly #known = new Map<Namespace, Version>();

  constructor(client: Asker, apiVersion: PrismConfig['apiVersion']) {
    this.#client = client;
    this.#fixed = ours.find((each) => each === apiVersion);
  }

  /** What is spoken, for logs: `v4.1`; absent before the first answer. */
  of(namespace: Namespace): string | undefined {
    return this.#fixed ?? this.#known.get(namespace);
  }

  /** Runs `ask` with the newest version that both sides know. Throws as `ask`; 404 only when no version is there. */
  async with<T>(namespace: Namespace, signal: AbortSignal, ask: (version: string) => Promise<T>): Promise<T> {
    if (this.#fixed !== undefined) return await ask(this.#fixed);
    const known = this.#known.get(namespace);
    if (known !== undefined) {
      try {
        return await ask(known);
      } catch (error) {
        if (!isMissing(error)) throw error;
        // Prism Central was upgraded, or another one answers at this address.
        this.#known.delete(namespace);
      }
    }
    const newest = await this.#newest(namespace, signal);
    for (const version of ours.slice(ours.indexOf(newest))) {
      try {
        const answer = await ask(version);
        this.#known.set(namespace, version);
        return answer;
      } catch (error) {
        if (!isMissing(error) || version === ours.at(-1)) throw error;
      }
    }
    return await ask(newest);
  }

  /** Prism Central 7.5 and later say it; of the older ones it is found out by trying. */
  async #newest(namespace: Namespace, signal: AbortSignal): Promise<Version> {
    const path = `/api/${namespace}/unversioned/info`;
    try {
      const info = member(await this.#client.ask({ method: 'OPTIONS', path }, signal), 'data');
      return info === 'v4.0' ? 'v4.0' : ours[0];
    } catch (error) {
      // A wrong password is not tried twice: users get locked out.
      if (error instanceof PrismError && unsaid.has(error.answered)) return ours[0];
      throw error;
    }
  }
}

/** Answers of those that do not say their version. */
const unsaid = new Set([400, 403, 404, 405, 501]);

function isMissing(error: unknown): boolean {
  return error instanceof PrismError && error.answered === 404;
}
