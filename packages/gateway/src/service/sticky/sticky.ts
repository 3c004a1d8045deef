/** A cookie that brings a client back to where its session is. */
import type { StickyModel } from '../../model/service/models.ts';
import type { Pick } from '../service.ts';
import { cookieValue } from './cookie-value.ts';

/** Hexadecimal digits of the digest that make a value, as Traefik has it. */
const digits = 16;

export class Sticky {
  readonly #cookie: string;
  readonly #attributes: string;
  /** Of each choice, what its clients are given. */
  readonly #values: readonly string[];
  /** Every value that stands for a choice: those that are given, and others that are taken. */
  readonly #known: ReadonlyMap<string, number>;

  /**
   * `names`: of each choice its names. The first makes the value; digests of the others, and each name as it is (old
   * cookies of Traefik), are understood too, and then replaced.
   */
  constructor({ cookie, attributes }: StickyModel, names: readonly (readonly string[])[]) {
    this.#cookie = cookie;
    this.#attributes = attributes;
    this.#values = names.map(([name = '']) => stickyValue(name));
    const known = new Map<string, number>();
    for (const [i, all] of names.entries())
      for (const name of all.slice(1)) known.set(name, i).set(stickyValue(name), i);
    // Last, so that it wins over what is only understood.
    for (const [i, [name = '']] of names.entries()) known.set(name, i).set(stickyValue(name), i);
    this.#known = known;
  }

  /** The value of the request's cookie; undefined when it has none. */
  read(pick: Pick): string | undefined {
    return cookieValue(pick.request.headers, this.#cookie);
  }

  /** The choice that `value` stands for, -1 for none. */
  choice(value: string): number {
    return this.#known.get(value) ?? -1;
  }

  /** Lets the answer set the cookie to `choice`, unless the client's `value` says so already. */
  keep(pick: Pick, choice: number, value: string | undefined): void {
    const wanted = this.#values[choice] as string;
    if (value === wanted) return;
    const whole = `${this.#cookie}=${wanted}${this.#attributes}`;
    if (pick.cookies === undefined) pick.cookies = [whole];
    else pick.cookies.push(whole);
  }
}

/** As Traefik makes it of a server's URL or a service's name: clients keep their sessions when the gateway is changed. */
export function stickyValue(name: string): string {
  // Only configurations with sticky services load it.
  const { hash } = process.getBuiltinModule('node:crypto');
  return hash('sha256', name, 'hex').slice(0, digits);
}
