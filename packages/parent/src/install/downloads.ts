/** Answers one download: which bytes, with which headers, and how many downloads there may be at once. */
import { FicusError } from '@ficus/common/errors.ts';
import { sourceKey } from '../join/failure-limit.ts';
import type { BundleFile } from './bundle.ts';
import { usage } from './help.ts';
import type { Installs } from './installs.ts';
import { rangeOf } from './range.ts';

export interface DownloadRequest {
  /** What stands after `/install/`. */
  readonly name: string;
  readonly method: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  /** Address of the client, and its connection. */
  readonly source: string;
  readonly connection: object;
}
export interface DownloadAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent for HEAD and where nothing is to be sent. */
  readonly body?: DownloadBody | string;
}
export interface DownloadBody {
  /** Each is overwritten when the next one is asked for. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /** To be called once it was sent, or not: its place is free again. */
  done(): void;
}

export const downloadLimits = {
  /** Of files of a MiB and more; the others are never in the way. */
  atOnce: 32,
  /** Of one address: many machines may stand behind it. */
  atOncePerSource: 16,
  /** How long a client may take nothing, and how long one download may last: what is cut is resumed. Milliseconds. */
  stallMs: 20_000,
  wholeMs: 30 * 60_000,
} as const;
const large = 1024 * 1024;

/** Seconds after which a client that was turned away should come again. */
export const retryAfter = '5';

/** Downloads of one parent. */
export class Downloads {
  readonly #installs: Pick<Installs, 'bundle' | 'changed'>;
  readonly #running = new Map<string, number>();
  /** Connections that download something big: requests sent ahead on one get no place of their own. */
  readonly #connections = new WeakSet<object>();
  #total = 0;

  constructor(installs: Pick<Installs, 'bundle' | 'changed'>) {
    this.#installs = installs;
  }

  /** Before `answer`: throws `install.preparing` when somebody has written into the file since it was checked. */
  async check(name: string): Promise<void> {
    if ((await this.#installs.bundle.files.get(name)?.unchanged()) === false) {
      this.#installs.changed();
      // Throws what there is instead.
      void this.#installs.bundle;
    }
  }

  /** Throws what `Installs.bundle` throws, `install.unknown-file`, `install.range`, `install.busy`. */
  answer(request: DownloadRequest): DownloadAnswer {
    const { name, method, headers } = request;
    const { files } = this.#installs.bundle;
    if (name === '')
      return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: usage(files) };
    const file = files.get(name);
    if (file === undefined) throw unknown(name, [...files.keys()]);

    const etag = `"${file.sha256}"`;
    const always = { etag, 'accept-ranges': 'bytes', 'content-type': typeOf(name) };
    if (
      one(headers['if-none-match'])
        ?.split(/\s*,\s*/)
        .some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)
    ) {
      return { status: 304, headers: always };
    }
    // A part of another file than this one is of no use (RFC 9110 §13.1.5).
    const unchanged = [undefined, etag].includes(one(headers['if-range']));
    const range = method === 'GET' && unchanged ? rangeOf(one(headers['range']), file.bytes) : undefined;
    const { start, end } = range ?? { start: 0, end: file.bytes };
    const answer = {
      status: range === undefined ? 200 : 206,
      headers: {
        ...always,
        'content-length': String(end - start),
        ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${file.bytes}` }),
      },
    };
    return method === 'HEAD' ? answer : { ...answer, body: this.#body(file, start, end, request) };
  }

  #body(
    file: BundleFile,
    start: number,
    end: number,
    { source: address, connection }: DownloadRequest,
  ): DownloadBody {
    const source = sourceKey(address);
    const pieces = file.read(start, end);
    if (file.bytes < large) return { pieces, done() {} };
    const of = this.#running.get(source) ?? 0;
    if (this.#connections.has(connection)) throw busy();
    if (this.#total >= downloadLimits.atOnce || of >= downloadLimits.atOncePerSource) throw busy();
    this.#total++;
    this.#connections.add(connection);
    this.#running.set(source, of + 1);
    const done = () => {
      this.#total--;
      this.#connections.delete(connection);
      const left = (this.#running.get(source) ?? 1) - 1;
      if (left === 0) this.#running.delete(source);
      else this.#running.set(source, left);
    };
    return { pieces, done };
  }
}

function one(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function typeOf(name: string): string {
  if (name.endsWith('.json')) return 'application/json';
  return name.endsWith('.gz') ? 'application/gzip' : 'text/plain; charset=utf-8';
}

function unknown(name: string, known: readonly string[]): FicusError {
  return new FicusError(
    'install.unknown-file',
    `want one of ${known.join(', ')}, found ${JSON.stringify(name.slice(0, 80))}`,
    { status: 404, remedy: 'GET /install/ says what there is' },
  );
}

function busy(): FicusError {
  return new FicusError('install.busy', 'as many machines download already as this parent serves at once', {
    status: 503,
    remedy: `try again in ${retryAfter} seconds`,
  });
}
