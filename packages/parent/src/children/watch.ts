/** Watches one child's advertisement: one JSON document a line, an empty line as heartbeat, again and again. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { advertisementLimits } from '@ficus/common/uplink/advertisement.ts';
import { Backoff } from './backoff.ts';
import { LineSplitter } from './line-splitter.ts';
import { dialAdvertisement, dialReason, type PeerFacts, type UplinkDestination } from './uplink-dial.ts';

/** Without a byte for this long the control path counts as silent. */
export const silenceMs = 3_000;
/** Between two requests to a peer that answers once instead of streaming. */
const pollMs = 1_000;

export interface WatchOptions {
  readonly clock: Clock;
  /** Where to dial now; asked at each attempt. */
  readonly destination: () => UplinkDestination;
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

/** Runs from construction until `close`. Never gives up. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #backoff: Backoff;
  #request: ClientRequest | undefined;
  #cancelNext: (() => void) | undefined;
  #cancelSilence: (() => void) | undefined;
  #cancelExpiry: (() => void) | undefined;
  #etag: string | undefined;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
    this.#attempt();
  }

  /** Drops the running connection and dials anew at once (a changed address or identity). */
  redial(): void {
    if (this.#closed) return;
    this.#backoff.reset();
    this.#stop();
    this.#attempt();
  }

  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #stop(): void {
    this.#cancelNext?.();
    this.#cancelSilence?.();
    this.#cancelExpiry?.();
    const request = this.#request;
    this.#request = undefined;
    request?.destroy();
  }

  #attempt(): void {
    if (this.#closed) return;
    const request = dialAdvertisement(
      this.#options.destination(),
      { watch: true, etag: this.#etag },
      (response, peer) => {
        if (this.#request === request) this.#receive(request, response, peer);
      },
    );
    this.#request = request;
    this.#armSilence();
    request.on('error', (error) => {
      if (error instanceof FicusError) this.#lost(request, error);
      else this.#lost(request, new FicusError('watch.lost', dialReason(error), { cause: error }));
    });
  }

  #receive(request: ClientRequest, response: IncomingMessage, peer: PeerFacts): void {
    if (this.#refuses(request, peer)) return;
    this.#armExpiry(request, peer);
    const status = response.statusCode ?? 0;
    if (status === 304) {
      response.resume();
      this.#options.onHeartbeat();
      this.#again(pollMs);
      return;
    }
    if (status !== 200) {
      this.#lost(
        request,
        new FicusError('watch.status', `want 200 from the child's advertisement, found ${status}`),
      );
      return;
    }
    const once = response.headers['content-length'] !== undefined;
    const etag = response.headers.etag;
    const splitter = new LineSplitter(advertisementLimits.bytes, (line) => {
      if (this.#request !== request || this.#refuses(request, peer)) return;
      this.#backoff.reset();
      if (line.length === 0) this.#options.onHeartbeat();
      else this.#options.onDocument(line);
    });
    const feed = (chunk: Buffer) => {
      if (this.#request !== request) return;
      this.#armSilence();
      if (splitter.push(chunk)) return;
      const message = `want lines of at most ${advertisementLimits.bytes} bytes, found a longer one`;
      this.#lost(request, new FicusError('advertisement.too-large', message));
    };
    response.on('data', feed);
    response.on('error', (error) => this.#lost(request, new FicusError('watch.lost', dialReason(error))));
    response.on('end', () => {
      if (this.#request !== request) return;
      if (!once) {
        this.#lost(request, new FicusError('watch.ended', 'the child ended the watch'));
        return;
      }
      // A document served once need not end in a line feed.
      feed(Buffer.from('\n'));
      this.#etag = etag;
      this.#again(pollMs);
    });
  }

  /** Revocation counts for the connection that lives, not only for the next handshake. */
  #refuses(request: ClientRequest, peer: PeerFacts): boolean {
    const refusal = this.#options.refusal(peer);
    if (refusal !== undefined) this.#lost(request, refusal);
    return refusal !== undefined;
  }

  /** The control path is proven only while bytes come: connecting, handshake and answer count too. */
  #armSilence(): void {
    const request = this.#request;
    this.#cancelSilence?.();
    this.#cancelSilence = this.#options.clock.after(silenceMs, () => {
      if (request !== undefined)
        this.#lost(request, new FicusError('watch.silent', `nothing for ${silenceMs} ms`));
    });
  }

  /** A certificate that expires ends the connection it was shown on, not only the next handshake. */
  #armExpiry(request: ClientRequest, peer: PeerFacts): void {
    const left = Math.max(0, peer.notAfter.getTime() - this.#options.clock.now());
    this.#cancelExpiry?.();
    this.#cancelExpiry = this.#options.clock.after(Math.min(left, 2 ** 31 - 1), () =>
      this.#lost(request, new FicusError('identity.expired', "the child's certificate ended")),
    );
  }

  #lost(request: ClientRequest, error: FicusError): void {
    if (this.#closed || this.#request !== request) return;
    this.#etag = undefined;
    this.#again(this.#backoff.next());
    this.#options.onLost(error);
  }

  #again(waitMs: number): void {
    this.#stop();
    this.#cancelNext = this.#options.clock.after(waitMs, () => this.#attempt());
  }
}
