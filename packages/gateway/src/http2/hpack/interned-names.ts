/** Names seen before: found by their bytes, without making or checking a string again. */
import { isName } from './field-rules.ts';
import { latin1At } from './latin1.ts';
import { internalised, staticNames } from './static-table.ts';

/** Longer names are rare, and are made anew each time. */
const longest = 64;

/** A slot holds the last valid name that fell on it: hostile names can push others out, not grow it. */
const slots: string[] = new Array(2048).fill('');

/** Names nearly every message has, beside the static table's. */
const common = [
  ':protocol',
  'te',
  'trailer',
  'forwarded',
  'origin',
  'priority',
  'upgrade-insecure-requests',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-real-ip',
  'x-request-id',
  'traceparent',
  'tracestate',
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
  'grpc-status',
  'grpc-message',
];

/** The valid name that stands in source[from, to); undefined when it is none. */
export function nameAt(source: Buffer, from: number, to: number): string | undefined {
  const length = to - from;
  if (length === 0) return undefined;
  if (length > longest) return isName(source, from, to) ? latin1At(source, from, to) : undefined;
  const slot = slotOf(source, from, to);
  const seen = slots[slot] as string;
  if (seen.length === length && equals(seen, source, from)) return seen;
  if (!isName(source, from, to)) return undefined;
  const name = internalised(latin1At(source, from, to));
  slots[slot] = name;
  return name;
}

function equals(seen: string, source: Buffer, from: number): boolean {
  for (let i = 0; i < seen.length; i++) {
    if (seen.charCodeAt(i) !== source[from + i]) return false;
  }
  return true;
}

function slotOf(source: Buffer, from: number, to: number): number {
  const length = to - from;
  return (
    (length * 131 +
      (source[from] as number) * 31 +
      (source[to - 1] as number) +
      (source[from + (length >> 1)] as number) * 7) &
    2047
  );
}

for (const name of [...staticNames.slice(1), ...common]) {
  const bytes = Buffer.from(name, 'latin1');
  slots[slotOf(bytes, 0, bytes.length)] = name;
}
