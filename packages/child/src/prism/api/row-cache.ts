/** Rows that came before just so are not read again: of thousands of VMs few have changed since the last look. */
import { hash } from 'node:crypto';

export class RowCache<T> {
  /** By the digest of the row's bytes; `look` is the last one it came in. */
  #rows = new Map<string, { readonly value: T; look: number }>();
  #look = 0;
  #meaning = '';

  /** A look begins. Another `meaning` of rows than the last time: none of them counts. */
  begin(meaning: string): void {
    if (meaning !== this.#meaning) this.#rows = new Map();
    this.#meaning = meaning;
    this.#look++;
  }

  /** What `read` made of the same bytes, or makes of them now. */
  of(bytes: Buffer, read: (row: unknown) => T): T {
    const digest = hash('sha256', bytes, 'base64');
    const known = this.#rows.get(digest);
    if (known !== undefined) {
      known.look = this.#look;
      return known.value;
    }
    const value = read(JSON.parse(bytes.toString('utf8')));
    this.#rows.set(digest, { value, look: this.#look });
    return value;
  }

  /** A look has come to its end: rows that were not in it are forgotten. */
  end(): void {
    for (const [digest, { look }] of this.#rows) if (look !== this.#look) this.#rows.delete(digest);
  }
}
