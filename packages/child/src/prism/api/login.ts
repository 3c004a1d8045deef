/** The key or password that Prism Central is asked with; from a file it is read anew when it was refused. */
import { FicusError } from '@ficus/common/errors.ts';
import { readText } from '@ficus/gateway/config/load-files.ts';
import type { PrismConfig } from '../config.ts';

/** Bytes of a key file. */
const maxBytes = 16 * 1024;

export class Login {
  readonly #login: PrismConfig['login'];
  #secret: string | undefined;
  /** Grows with each other secret. */
  #version = 0;

  constructor(login: PrismConfig['login']) {
    this.#login = login;
    this.#secret = login.kind === 'apiKey' ? login.apiKey : login.password;
  }

  /** The file the secret is in. */
  get file(): string | undefined {
    return this.#login.file;
  }

  /** Of the secret that is in use. */
  get version(): number {
    return this.#version;
  }

  /** Header fields that prove who asks. Throws `prism.no-key`. */
  async headers(): Promise<Readonly<Record<string, string>>> {
    this.#secret ??= await this.#read();
    if (this.#login.kind === 'apiKey') return { 'x-ntnx-api-key': this.#secret };
    const pair = Buffer.from(`${this.#login.username}:${this.#secret}`).toString('base64');
    return { authorization: `Basic ${pair}` };
  }

  /**
   * The secret of `version` was refused: reads the file again, if there is one. Whether there is another secret now; several
   * requests are refused at once, and one of them reads it. Throws `prism.no-key`.
   */
  async renew(version: number): Promise<boolean> {
    if (version !== this.#version) return true;
    if (this.file === undefined) return false;
    const found = await this.#read();
    if (found !== this.#secret) {
      this.#secret = found;
      this.#version++;
    }
    return version !== this.#version;
  }

  async #read(): Promise<string> {
    const { file = '', kind } = this.#login;
    const what = kind === 'apiKey' ? 'API key' : 'password';
    const read = await readText(file, maxBytes);
    const remedy = `put the ${what} into the file, on one line, readable for the user this process runs as`;
    if (!read.ok)
      throw new FicusError('prism.no-key', `${file}: the ${what} can't be read: ${read.reason}`, { remedy });
    const secret = read.text.trim();
    if (secret !== '' && !/\p{Cc}/u.test(secret)) return secret;
    const found = secret === '' ? 'nothing' : 'several lines or control characters';
    throw new FicusError('prism.no-key', `${file}: want the ${what} on one line, found ${found}`, { remedy });
  }
}
