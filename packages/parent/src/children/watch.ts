/** Watches one child's advertisement: one JSON document a line, an empty line as heartbeat, again and again. */
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { advertisementLimits, advertisementPath } from '@ficus/common/uplink/advertisement.ts';
import type { TransportModel } from '@ficus/gateway/model/model.ts';
import type { AnswerHead, DataPlane } from '@ficus/gateway/runtime/data-plane.ts';
import { Backoff } from './backoff.ts';
import { LineSplitter } from './line-splitter.ts';
import type { PeerFacts } from './uplink-dial.ts';
import { watchError } from './watch-error.ts';

/** Without a byte for this long the control path counts as silent. */
export const silenceMs = 3_000;
/** Between two requests to a peer that answers once instead of streaming. */
const pollMs = 1_000;
/** Moves in a row, without a line between, that are taken for the watch's being moved rather than lost. */
const mostMoves = 3;

/** Where to ask now, and over what. */
export interface WatchDestination {
  readonly host: string;
  readonly port: number;
  /** That of the child's services: the watch is one more stream on their connection. */
  readonly transport: TransportModel;
}

export interface WatchOptions {
  readonly clock: Clock;
  readonly ask: DataPlane['ask'];
  /** Asked at each attempt. */
  readonly destination: () => WatchDestination;
  /** Why this peer is not to be believed (revoked), asked before each thing it says. */
  readonly refusal: (peer: PeerFacts) => FicusError | undefined;
  /** A document as received, not decoded; at most the advertisement's cap. */
  readonly onDocument: (document: Buffer) => void;
  /** A sign of life without news. */
  readonly onHeartbeat: () => void;
  /** The watch broke off or could not be made; the next attempt is already scheduled. */
  readonly onLost: (error: FicusError) => void;
  readonly backoff?: Backoff;
}

/** One question and what has come of its answer. */
interface Attempt {
  cancel: () => void;
  peer: PeerFacts | undefined;
  lines: LineSplitter | undefined;
  /** The peer answers with one document instead of streaming; its ETag, if it has one. */
  once: boolean;
  etag: string | undefined;
}

/** Runs from construction until `close`. Never gives up. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #backoff: Backoff;
  #attempt: Attempt | undefined;
  #cancelNext: (() => void) | undefined;
  #cancelSilence: (() => void) | undefined;
  #cancelExpiry: (() => void) | undefined;
  #etag: string | undefined;
  #moves = 0;
  /** What is wrong may be wrong with the connection: the next attempt has a new one. */
  #fresh = false;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
    this.#ask();
  }

  /** Drops the running watch and asks anew at once (a changed address or identity). */
  redial(): void {
    if (this.#closed) return;
    this.#backoff.reset();
    this.#stop();
    this.#ask();
  }

  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #stop(): void {
    this.#cancelNext?.();
    this.#cancelSilence?.();
    this.#cancelExpiry?.();
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.cancel();
  }

  #ask(): void {
    if (this.#closed) return;
    const attempt: Attempt = {
      cancel: () => {},
      peer: undefined,
      lines: undefined,
      once: false,
      etag: undefined,
    };
    const etag = this.#etag;
    const fresh = this.#fresh;
    this.#fresh = false;
    this.#attempt = attempt;
    this.#armSilence(attempt);
    attempt.cancel = this.#options.ask(
      {
        ...this.#options.destination(),
        path: advertisementPath,
        query: 'watch',
        headers: [
          ['accept', 'application/json'],
          ...(etag === undefined ? [] : [['if-none-match', etag] as const]),
        ],
        fresh,
      },
      {
        head: (head) => this.#head(attempt, head),
        data: (chunk) => this.#feed(attempt, chunk),
        end: (leaving) => this.#end(attempt, leaving),
        failed: (code, detail) => this.#lost(attempt, watchError(code, detail)),
        moved: () => this.#moved(attempt),
      },
    );
  }

  #head(attempt: Attempt, { status, headers, length, peer }: AnswerHead): void {
    if (this.#attempt !== attempt) return;
    attempt.peer = { serial: peer.serial, notAfter: new Date(peer.notAfter) };
    if (this.#refuses(attempt)) return;
    this.#armExpiry(attempt, attempt.peer);
    if (status === 304) {
      this.#options.onHeartbeat();
      this.#again(pollMs);
      return;
    }
    if (status !== 200) {
      const message = `want 200 from the child's advertisement, found ${status}`;
      this.#lost(attempt, new FicusError('watch.status', message));
      return;
    }
    attempt.once = length >= 0;
    attempt.etag = headers['etag'];
    attempt.lines = new LineSplitter(advertisementLimits.bytes, (line) => {
      if (this.#attempt !== attempt || this.#refuses(attempt)) return;
      this.#backoff.reset();
      this.#moves = 0;
      if (line.length === 0) this.#options.onHeartbeat();
      else this.#options.onDocument(line);
    });
  }

  #feed(attempt: Attempt, chunk: Buffer): void {
    if (this.#attempt !== attempt) return;
    this.#armSilence(attempt);
    if (attempt.lines?.push(chunk) !== false) return;
    const message = `want lines of at most ${advertisementLimits.bytes} bytes, found a longer one`;
    this.#lost(attempt, new FicusError('advertisement.too-large', message));
  }

  #end(attempt: Attempt, leaving: boolean): void {
    if (this.#attempt !== attempt) return;
    if (attempt.once) {
      // A document served once need not end in a line feed.
      this.#feed(attempt, Buffer.from('\n'));
      this.#etag = attempt.etag;
      this.#again(pollMs);
    } else if (leaving) this.#moved(attempt);
    else this.#lost(attempt, new FicusError('watch.ended', 'the child ended the watch'));
  }

  /** What carried it goes in good order, and the next is there already: nobody needs to hear of it. */
  #moved(attempt: Attempt): void {
    if (this.#attempt !== attempt) return;
    this.#moves += 1;
    if (this.#moves > mostMoves) {
      this.#moves = 0;
      this.#lost(attempt, new FicusError('watch.lost', 'the child takes no request on any connection'));
      return;
    }
    this.#stop();
    this.#ask();
  }

  /** Revocation counts for the connection that lives, not only for the next handshake. */
  #refuses(attempt: Attempt): boolean {
    const refusal = attempt.peer && this.#options.refusal(attempt.peer);
    if (refusal !== undefined) this.#lost(attempt, refusal);
    return refusal !== undefined;
  }

  /** The control path is proven only while bytes come: connecting, handshake and answer count too. */
  #armSilence(attempt: Attempt): void {
    this.#cancelSilence?.();
    this.#cancelSilence = this.#options.clock.after(silenceMs, () =>
      this.#lost(attempt, new FicusError('watch.silent', `nothing for ${silenceMs} ms`)),
    );
  }

  /** A certificate that expires ends the watch over the connection it was shown on. */
  #armExpiry(attempt: Attempt, peer: PeerFacts): void {
    const left = Math.max(0, peer.notAfter.getTime() - this.#options.clock.now());
    this.#cancelExpiry?.();
    this.#cancelExpiry = this.#options.clock.after(Math.min(left, 2 ** 31 - 1), () =>
      this.#lost(attempt, new FicusError('identity.expired', "the child's certificate ended")),
    );
  }

  #lost(attempt: Attempt, error: FicusError): void {
    if (this.#closed || this.#attempt !== attempt) return;
    this.#etag = undefined;
    this.#fresh = error.code === 'watch.silent' || error.code.startsWith('identity.');
    this.#again(this.#backoff.next());
    this.#options.onLost(error);
  }

  #again(waitMs: number): void {
    this.#stop();
    this.#cancelNext = this.#options.clock.after(waitMs, () => this.#ask());
  }
}
