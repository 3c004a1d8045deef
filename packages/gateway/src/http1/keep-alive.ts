/** What a response head says of the connection's further life. */
import { connectionHas, type ParsedHead } from './parse-head.ts';

const never = Number.POSITIVE_INFINITY;

/** Whether the endpoint keeps the connection open after this response. */
export function keepsAlive(head: ParsedHead): boolean {
  if (head.minor === 0) return connectionHas(head.connection, 'keep-alive');
  return head.connection === '' || !connectionHas(head.connection, 'close');
}

/** Milliseconds an endpoint says it keeps an idle connection (`timeout=5`), less one second for the way; else Infinity. */
export function keepAliveHint(value: string): number {
  const match = value === '' ? null : /timeout=(\d{1,6})/.exec(value);
  return match === null ? never : Math.max(0, Number(match[1]) * 1000 - 1000);
}
