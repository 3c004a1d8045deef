/** What is known of the exchange in progress on a server connection: the next request takes its place. */
import type { AccessRecord } from '../access-log/access-record.ts';
import type { ExchangeListener, ResponseHook } from '../http/exchange.ts';
import type { RequestHead } from '../http/message.ts';
import { type ReadRequest, unreadable } from './request-reader.ts';

export class ExchangeState {
  request: RequestHead = unreadable.request;
  bodyLength = 0;
  upgrade = '';
  /** Status sent, 0 before. */
  status = 0;
  trace: AccessRecord | undefined;
  listener: ExchangeListener | undefined;
  hook: ResponseHook | undefined;

  listen(listener: ExchangeListener): void {
    this.listener = listener;
  }

  protected takeRequest(read: ReadRequest): void {
    this.request = read.request;
    this.upgrade = read.upgrade;
    this.bodyLength = read.bodyLength;
    this.status = 0;
    this.hook = undefined;
  }
}
