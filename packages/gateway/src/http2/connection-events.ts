/** What the readers of frames need of the connection whose frames these are. */
import type { Headers } from '../http/headers.ts';
import type { Deadlines } from '../net/deadlines.ts';
import type { FrameOutput } from './frame-output.ts';
import type { ErrorCode } from './frames.ts';
import type { ReceiveWindow } from './receive-window.ts';
import type { SendQueue } from './send-queue.ts';
import type { Http2Stream } from './stream.ts';

/** Why a header block makes no message: it breaks the rules, or is larger than we said we take. */
export type BlockRefusal = 'malformed' | 'too-large' | undefined;

export interface ConnectionEvents {
  readonly reading: boolean;
  readonly deadlines: Deadlines;
  readonly output: FrameOutput;
  readonly streams: ReadonlyMap<number, Http2Stream>;
  readonly peerIsServer: boolean;
  readonly window: ReceiveWindow;
  readonly queue: SendQueue;
  /** A stream nobody has opened yet (RFC 9113 §5.1). */
  isIdle(streamId: number): boolean;
  /** We reset it not long ago: its frames may still be on their way, and mean nothing. */
  wasReset(streamId: number): boolean;
  /** A whole header block came for a stream. With a refusal the headers are not whole. */
  headersReceived(streamId: number, headers: Headers, endStream: boolean, refusal: BlockRefusal): void;
  /** The peer has said its first SETTINGS. */
  settled(): void;
  /** The peer has said SETTINGS again. */
  settingsChanged(): void;
  settingsAcknowledged(): void;
  /** The peer answered a PING of ours. */
  pinged(): void;
  peerGoesAway(lastStreamId: number, code: number): void;
  /** The encoder keeps to the peer's table from the next block on. */
  tableBytes(bytes: number): void;
  /** The peer's SETTINGS changed what streams may send by `more`; false when a window overflows. */
  widen(more: number): boolean;
  resetStream(stream: Http2Stream, code: ErrorCode): void;
  resetId(streamId: number, code: ErrorCode): void;
  /** The peer or its connection is done with `stream`. `unprocessed`: it says that it did nothing with it. */
  lose(stream: Http2Stream, code: ErrorCode, detail: string, unprocessed: boolean): void;
  fail(code: ErrorCode, detail: string): void;
}
