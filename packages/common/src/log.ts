/** The one place where logging is set up: one root logger a process, no secret in any line. */
import {
  type Bindings,
  type DestinationStream,
  destination,
  type Logger,
  type LoggerOptions,
  pino,
  stdTimeFunctions,
} from 'pino';
import { FicusError } from './errors.ts';

/** A logger; `log.child({…})` adds fields. */
export type Log = Logger;
/** One log line, for rooms that should not know the logger. */
export type LogLine = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields?: Record<string, unknown>,
) => void;

export interface LogOptions {
  /** `trace`, `debug`, `info` (default), `warn`, `error`, `fatal`, `silent`; Traefik's upper case is accepted. */
  readonly level?: string;
  /** `json` (default): one object a line; `common`: for reading. */
  readonly format?: 'json' | 'common';
  /** On every line: `{node: 'vm-1', role: 'child'}`. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Where lines go; default standard error, so that standard output stays a command's own answer. */
  readonly destination?: DestinationStream;
}

/** Makes the root logger of this process. Lines are written synchronously: none is lost on exit. */
export function createLog(options: LogOptions = {}): Log {
  const sink = options.destination ?? destination({ dest: 2, sync: true });
  const settings: LoggerOptions = {
    level: (options.level ?? 'info').toLowerCase(),
    base: redact({ ...options.fields, pid: process.pid }) as Record<string, unknown>,
    timestamp: stdTimeFunctions.isoTime,
    formatters: {
      level: (label) => ({ level: label }),
      log: (object) => redact(object) as Record<string, unknown>,
    },
    serializers: { err: describeError, error: describeError },
  };
  const log = pino(settings, options.format === 'common' ? readable(sink) : sink);
  // pino runs its bindings formatter on the root only, and children inherit this property from it.
  const child = log.child;
  log.child = function redactingChild(this: Log, bindings: Bindings, settings?: object) {
    return child.call(this, redact(bindings) as Bindings, settings);
  } as typeof log.child;
  return log;
}

/** `log` as a plain function, in the shape the data plane takes. */
export function lineLog(log: Log): LogLine {
  return (level, message, fields) => log[level](fields ?? {}, message);
}

const hidden = '[redacted]';
/** Field names whose values never appear, in whatever depth and case; `set-cookie` and `proxy-authorization` too. */
const secretName =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie2?|.*token|(?:private-?)?key|password|secret)$/i;
const pemKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const bearer = /\b(bearer|basic)\s+[-\w.~+/]+=*/gi;

/** A copy of `value` without secrets; deep structures are cut at eight levels. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth > 8) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return value;
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    copy[name] = secretName.test(name) && item !== undefined ? hidden : redact(item, depth + 1);
  }
  return copy;
}

function redactText(text: string): string {
  const keyless = text.includes('PRIVATE KEY-----') ? text.replace(pemKey, hidden) : text;
  return keyless.replace(bearer, `$1 ${hidden}`);
}

/** An error as fields: a FicusError without stack (it was foreseen), anything else with it. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return redact(error);
  const code = (error as { code?: unknown }).code;
  return {
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: redactText(error.message),
    ...(error instanceof FicusError
      ? error.remedy === undefined
        ? {}
        : { remedy: error.remedy }
      : { stack: redactText(error.stack ?? '') }),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

/** `12:30:05.123 INFO  message  name=value …` */
function readable(sink: DestinationStream): DestinationStream {
  return {
    write(line) {
      const { level, time, msg, pid: _, ...fields } = JSON.parse(line) as Record<string, unknown>;
      const rest = Object.entries(fields).map(([name, value]) => `${name}=${readableValue(value)}`);
      const head = `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${String(msg ?? '')}`;
      sink.write(`${[head, ...rest].join(' ')}\n`);
    },
  };
}

function readableValue(value: unknown): string {
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  const text = String(value);
  return /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}
