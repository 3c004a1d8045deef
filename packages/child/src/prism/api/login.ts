/** The key or password that Prism Central is asked with; from a file it is read anew when it was refused. */
import { FicusError } from '@ficus/common/errors.ts';
import { readText } from '@ficus/gateway/config/load-files.ts';
import type { PrismConfig } from '../config.ts';

/** Bytes of a key file. */
const maxBytes = 16 * 1024;

export class Login {
  readonly #login: PrismConfig['login'];
  #secret: string | undefined;

  constructor(login: PrismConfig['login']) {
    this.#login = login;
    this.#secret = login.kind === 'apiKey' ? login.apiKey : login.password;
  }

  /** The file the secret is in. */
  get file(): string | undefined {
    return this.#login.file;
  }

  /** Header fields that prove who asks. Throws `prism.no-key`. */
  async headers(): Promise<Readonly<Record<string, string>>> {
    this.#secret ??= await this.#read();
    if (this.#login.kind === 'apiKey') return { 'x-ntnx-api-key': this.#secret };
    const pair = Buffer.from(`${this.#login.username}:${this.#secret}`).toString('base64');
    return { authorization: `Basic ${pair}` };
  }

  /** Reads the file again, if there is one; whether it holds another secret now. Throws `prism.no-key`. */
  async renew(): Promise<boolean> {
    if (this.file === undefined) return false;
    const before = this.#secret;
    this.#secret = await this.#read();
    return this.#secret !== before;
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
