/** The peer's frames that carry no message: settings, windows, resets, pings, goodbyes (RFC 9113 §6.3 to §6.9). */
import type { Http2Limits } from '../model/model.ts';
import type { ConnectionEvents } from './connection-events.ts';
import { writePing, writeSettingsAck } from './control-frames.ts';
import { type Fault, fault } from './faults.ts';
import { ACK, type ErrorCode, errorCodes, frameTypes, mostWindow, readUint32 } from './frames.ts';
import { Rate } from './rate.ts';
import { PeerSettings, readSettings, settingBytes } from './settings.ts';
import type { Http2Stream } from './stream.ts';

const { protocolError, frameSizeError, flowControlError } = errorCodes;
const mostBusyPings = 10_000;

export class ControlReader {
  readonly peer = new PeerSettings();
  /** The peer has said its SETTINGS: the first thing it must say. */
  settled = false;
  readonly #connection: ConnectionEvents;
  readonly #resets: Rate;
  readonly #settings: Rate;
  readonly #pings: Rate;
  /** PINGs with work in between: gRPC measures its way with thousands of them. */
  readonly #busyPings = new Rate(mostBusyPings, 'PING frames', 'maxPingsPerSecond');
  readonly #useless: Rate;
  /** HEADERS and DATA that came; and as many of both directions as there were at the last PING. */
  streamFrames = 0;
  #work = 0;

  constructor(connection: ConnectionEvents, limits: Http2Limits) {
    this.#connection = connection;
    this.#resets = new Rate(limits.maxResetsPerSecond, 'resets', 'maxResetsPerSecond');
    this.#settings = new Rate(limits.maxSettingsPerSecond, 'SETTINGS frames', 'maxSettingsPerSecond');
    this.#pings = new Rate(limits.maxPingsPerSecond, 'PING frames without work', 'maxPingsPerSecond');
    this.#useless = new Rate(limits.maxEmptyFramesPerSecond, 'empty frames', 'maxEmptyFramesPerSecond');
  }

  /** Does what the frame says; or why the connection ends. Unknown types are counted and ignored (§5.5). */
  take(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): Fault | undefined {
    const length = to - from;
    switch (type) {
      case frameTypes.windowUpdate:
        if (length !== 4) return fault(frameSizeError, 'WINDOW_UPDATE of a wrong length');
        return this.#windowUpdate(id, readUint32(bytes, from) & 0x7fffffff);
      case frameTypes.rstStream:
        if (length !== 4) return fault(frameSizeError, 'RST_STREAM of a wrong length');
        return this.#rstStream(id, readUint32(bytes, from) as ErrorCode);
      case frameTypes.settings:
        if (id !== 0) return fault(protocolError, 'SETTINGS on a stream');
        return (flags & ACK) !== 0 ? this.#acknowledged(length) : this.#takeSettings(bytes, from, to);
      case frameTypes.ping:
        if (id !== 0) return fault(protocolError, 'PING on a stream');
        if (length !== 8) return fault(frameSizeError, 'PING of a wrong length');
        return this.#ping(flags, bytes, from);
      case frameTypes.goAway:
        if (id !== 0) return fault(protocolError, 'GOAWAY on a stream');
        if (length < 8) return fault(frameSizeError, 'GOAWAY of a wrong length');
        this.#connection.peerGoesAway(readUint32(bytes, from) & 0x7fffffff, readUint32(bytes, from + 4));
        return undefined;
      case frameTypes.priority:
        return this.#priority(id, bytes, from, length);
      case frameTypes.priorityUpdate:
        // RFC 9218 §7.1: read, and without meaning here.
        if (id !== 0) return fault(protocolError, 'PRIORITY_UPDATE on a stream');
        return length < 4 ? fault(frameSizeError, 'PRIORITY_UPDATE of a wrong length') : this.useless();
      case frameTypes.pushPromise:
        return fault(protocolError, 'PUSH_PROMISE, which nobody allowed');
      default:
        return this.useless();
    }
  }

  /** Counts a frame that does nothing. */
  useless(): Fault | undefined {
    return this.#tooMany(this.#useless);
  }

  /** Counts a stream that ended through the peer's fault. */
  strike(): Fault | undefined {
    return this.#tooMany(this.#resets);
  }

  /** The stream breaks the rules: it ends, the connection goes on, unless this happens too often. */
  violation(stream: Http2Stream, code: ErrorCode, detail: string): Fault | undefined {
    this.#connection.resetStream(stream, code);
    stream.violated(detail);
    return this.strike();
  }

  #windowUpdate(id: number, more: number): Fault | undefined {
    const connection = this.#connection;
    if (id === 0) {
      if (more === 0) return fault(protocolError, 'WINDOW_UPDATE by nothing');
      return connection.queue.widen(more) ? undefined : fault(flowControlError, 'the window overflows');
    }
    if (connection.isIdle(id)) return fault(protocolError, 'WINDOW_UPDATE without a stream');
    const stream = connection.streams.get(id);
    if (stream === undefined) return undefined;
    if (more === 0) return this.violation(stream, protocolError, 'WINDOW_UPDATE by nothing');
    stream.sendWindow += more;
    if (stream.sendWindow > mostWindow)
      return this.violation(stream, flowControlError, 'its window overflows');
    connection.queue.opened(stream);
    return undefined;
  }

  #rstStream(id: number, code: ErrorCode): Fault | undefined {
    const connection = this.#connection;
    if (id === 0 || connection.isIdle(id)) return fault(protocolError, 'RST_STREAM without a stream');
    const stream = connection.streams.get(id);
    if (stream !== undefined) connection.lose(stream, code, '', code === errorCodes.refusedStream);
    return this.strike();
  }

  #acknowledged(length: number): Fault | undefined {
    if (length > 0) return fault(frameSizeError, 'an acknowledgement with settings');
    this.#connection.settingsAcknowledged();
    return undefined;
  }

  #takeSettings(bytes: Buffer, from: number, to: number): Fault | undefined {
    const connection = this.#connection;
    if ((to - from) % settingBytes !== 0) return fault(frameSizeError, 'SETTINGS of a wrong length');
    const peer = this.peer;
    const window = peer.initialWindow;
    const error = readSettings(bytes, from, to, (id, value) => peer.take(id, value, connection.peerIsServer));
    if (error !== undefined) return fault(error, 'a setting with a value that is not allowed');
    connection.tableBytes(peer.headerTableBytes);
    const more = peer.initialWindow - window;
    if (more !== 0 && !connection.widen(more)) return fault(flowControlError, 'a window overflows');
    const excess = this.#tooMany(this.#settings);
    if (excess !== undefined) return excess;
    writeSettingsAck(connection.output);
    if (this.settled) connection.settingsChanged();
    else {
      this.settled = true;
      connection.settled();
    }
    return undefined;
  }

  #ping(flags: number, bytes: Buffer, from: number): Fault | undefined {
    if ((flags & ACK) !== 0) {
      this.#connection.pinged();
      return undefined;
    }
    const { output } = this.#connection;
    const work = this.streamFrames + output.streamFrames;
    const excess = this.#tooMany(work === this.#work ? this.#pings : this.#busyPings);
    this.#work = work;
    if (excess === undefined) writePing(output, bytes, from, true);
    return excess;
  }

  /** Priorities mean nothing to us (§5.3.2); nonsense is refused all the same. */
  #priority(id: number, bytes: Buffer, from: number, length: number): Fault | undefined {
    if (id === 0) return fault(protocolError, 'PRIORITY without a stream');
    const selfDependent = length === 5 && (readUint32(bytes, from) & 0x7fffffff) === id;
    if (length === 5 && !selfDependent) return this.useless();
    const code = selfDependent ? protocolError : frameSizeError;
    const stream = this.#connection.streams.get(id);
    if (stream !== undefined) return this.violation(stream, code, 'a PRIORITY that makes no sense');
    this.#connection.resetId(id, code);
    return this.strike();
  }

  #tooMany(rate: Rate): Fault | undefined {
    return rate.exceeded(this.#connection.deadlines.now) ? rate.excess : undefined;
  }
}
