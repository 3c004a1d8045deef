/** Documents served by the data plane itself: `GET` with ETag, or a watch that streams each new one as a line. */
import { createHash } from 'node:crypto';
import type { Clock } from '@ficus/common/clock.ts';
import { type Exchange, type ExchangeListener, UNKNOWN_LENGTH } from '../http/exchange.ts';
import { addHeader, getHeader, type Headers } from '../http/headers.ts';
import type { PublishedDocument } from './data-plane.ts';

/** Watches on one document; more are refused, oldest kept. A parent holds one per document. */
const maxWatchers = 256;

interface Live {
  document: PublishedDocument;
  etag: string;
  readonly watchers: Set<Watcher>;
  cancelBeat?: () => void;
}

export class Documents {
  readonly #live = new Map<string, Live>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  publish(document: PublishedDocument): void {
    const etag = `"${createHash('sha256').update(document.body).digest('base64url').slice(0, 22)}"`;
    const live = this.#live.get(document.path);
    if (live === undefined) {
      this.#live.set(document.path, { document, etag, watchers: new Set() });
      this.#beat(document.path);
      return;
    }
    if (live.etag === etag) return;
    live.document = document;
    live.etag = etag;
    for (const watcher of live.watchers) watcher.send(document.body);
  }

  /** Answers `exchange` when it asks for one of the documents; false when it asks for something else. */
  serve(exchange: Exchange): boolean {
    const request = exchange.request;
    const live = this.#live.get(request.path);
    if (live === undefined) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      exchange.refuse('request.method-refused', 'GET only');
    } else if (request.query === 'watch' || request.query?.startsWith('watch=') === true) {
      this.#watch(exchange, live);
    } else {
      const fresh = getHeader(request.headers, 'if-none-match') === live.etag;
      const body = Buffer.from(live.document.body);
      exchange.respond(
        { status: fresh ? 304 : 200, reason: '', headers: fields(live.etag) },
        fresh ? 0 : body.length,
      );
      if (!fresh) exchange.write(body);
      exchange.end(undefined);
    }
    return true;
  }

  /** Ends every watch: the gateway is going away, and says so before this. */
  endWatches(): void {
    for (const { watchers } of this.#live.values()) {
      for (const watcher of [...watchers]) watcher.end();
      watchers.clear();
    }
  }

  close(): void {
    for (const live of this.#live.values()) live.cancelBeat?.();
  }

  #watch(exchange: Exchange, live: Live): void {
    if (live.watchers.size >= maxWatchers) {
      exchange.refuse('service.unavailable', 'too many watches');
      return;
    }
    const watcher = new Watcher(exchange, () => live.watchers.delete(watcher));
    live.watchers.add(watcher);
    exchange.listen(watcher);
    exchange.respond({ status: 200, reason: '', headers: fields(live.etag) }, UNKNOWN_LENGTH);
    watcher.send(live.document.body);
  }

  #beat(path: string): void {
    const live = this.#live.get(path);
    if (live === undefined) return;
    live.cancelBeat = this.#clock.after(live.document.heartbeatMs, () => {
      for (const watcher of live.watchers) watcher.send('');
      this.#beat(path);
    });
  }
}

function fields(etag: string): Headers {
  const headers: Headers = [];
  addHeader(headers, 'content-type', 'application/json');
  addHeader(headers, 'cache-control', 'no-store');
  addHeader(headers, 'etag', etag);
  return headers;
}

/** One watch. A slow reader gets the newest document when it reads on, and costs no more than one meanwhile. */
class Watcher implements ExchangeListener {
  readonly #exchange: Exchange;
  readonly #gone: () => void;
  #blocked = false;
  #newest = '';

  constructor(exchange: Exchange, gone: () => void) {
    this.#exchange = exchange;
    this.#gone = gone;
  }

  /** Sends `line`; '' is a heartbeat, which a blocked reader does without. */
  send(line: string): void {
    if (this.#blocked) {
      if (line !== '') this.#newest = line;
      return;
    }
    const open = this.#exchange.write(Buffer.from(`${line}\n`));
    this.#exchange.flush();
    this.#blocked = !open;
  }

  end(): void {
    this.#exchange.end(undefined);
  }

  clientGone(): void {
    this.#gone();
  }

  responseDrained(): void {
    const line = this.#newest;
    this.#blocked = false;
    this.#newest = '';
    if (line !== '') this.send(line);
  }

  bodyData(): boolean {
    return true;
  }

  bodyEnd(): void {
    // A watch has no body to speak of.
  }

  turnEnd(): void {
    // Nothing is held back.
  }
}
