/** The access log of one process: one line for each request, when its response is out or its client is gone. */
import type { Clock } from '@ficus/common/clock.ts';
import type { Exchange } from '../http/exchange.ts';
import { getHeader } from '../http/headers.ts';
import type { Protocol } from '../http/server-settings.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';
import { AccessRecord } from './access-record.ts';
import { commonLine, jsonLine, type Outcome } from './format.ts';
import { LineWriter } from './line-writer.ts';
import type { AccessLogOptions } from './options.ts';

/** Longest path with query in a line, in characters; also of a method or a host. */
const mostTarget = 2048;
const mostWord = 256;

export class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #clock: Clock;
  readonly #writer: LineWriter;
  #count = 0;

  /** Throws `access-log.unwritable`. */
  constructor(options: AccessLogOptions, clock: Clock, log: DataPlaneLog) {
    this.#options = options;
    this.#clock = clock;
    this.#writer = new LineWriter({
      filePath: options.filePath,
      clock,
      onDropped: (lines, why) => log('warn', 'access log lines dropped', { lines, why }),
    });
  }

  /** A request began. */
  begin(exchange: Exchange, protocol: Protocol): AccessRecord {
    const { request, facts } = exchange;
    const forwarded = facts.trusted ? getHeader(request.headers, 'x-forwarded-for') : undefined;
    const target = request.query === undefined ? request.path : `${request.path}?${request.query}`;
    return new AccessRecord(
      {
        method: shortened(request.method, mostWord),
        target: shortened(target, mostTarget),
        authority: shortened(request.authority, mostWord),
        protocol,
        secure: facts.secure,
        entryPoint: facts.entryPoint,
        peerAddress: facts.peerAddress,
        peerPort: facts.peerPort,
        clientHost: shortened(forwarded?.split(',', 1)[0]?.trim() || facts.peerAddress, mostWord),
      },
      this.#clock.now(),
      this.#clock.monotonic(),
    );
  }

  /** Its response was sent or cut. `status` is what the log says. */
  finish(record: AccessRecord, status: number): void {
    const now = this.#clock.monotonic();
    const durationMs = now - record.begun;
    this.#count++;
    if (!this.#wanted(record, status, durationMs)) return;
    if (status === 499 && record.errorCode === '') record.errorCode = 'client.gone';
    const originMs = record.forward === undefined ? 0 : now - record.forwardedAt;
    const outcome: Outcome = { status, durationMs, originMs, count: this.#count };
    this.#writer.line((this.#options.format === 'json' ? jsonLine : commonLine)(record, outcome));
  }

  /** Handed to its service. */
  forwarded(record: AccessRecord, forward: NonNullable<AccessRecord['forward']>): void {
    record.forward = forward;
    record.forwardedAt = this.#clock.monotonic();
  }

  /** The file was renamed (log rotation): goes on in a new one of the same name. */
  reopen(): void {
    this.#writer.reopen();
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  #wanted(record: AccessRecord, status: number, durationMs: number): boolean {
    const filters = this.#options.filters;
    if (filters === undefined) return true;
    return (
      filters.statusCodes.some(([from, to]) => status >= from && status <= to) ||
      (filters.retryAttempts && (record.forward?.attempts ?? 0) > 1) ||
      (filters.minDurationMs > 0 && durationMs > filters.minDurationMs)
    );
  }
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}...`;
}
