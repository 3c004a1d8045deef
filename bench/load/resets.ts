/**
 * HTTP/2 requests over prior knowledge, a share of whose streams the client resets at random points of their lives.
 * Run: resets.ts <url> <requests> <share reset, 0 to 1>; prints a ResetsResult.
 */

import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';

/** `errors`: requests that weren't reset by us and had no whole answer with status 200. */
export interface ResetsResult {
  readonly requests: number;
  readonly resets: number;
  readonly errors: number;
  readonly seconds: number;
}

/** What a request asks for, and how many bytes its answer has; `undefined`: any. */
interface Kind {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly answer: number | undefined;
}

const CONNECTIONS = 8;
const STREAMS = 8;
const LARGE = 32 * 1024;
const UPLOAD = 8 * 1024;
/** A reset after some time falls anywhere between the request and a little after its answer. */
const LATEST_RESET_MS = 5;
/** Nothing ends for so long: the gateway forgot streams. */
const STUCK_MS = 10_000;
const PAYLOAD = Buffer.alloc(UPLOAD, 'f');
const SMALL: Kind = { method: 'GET', path: '', answer: undefined };
const DOWN: Kind = { method: 'GET', path: `bytes/${LARGE}`, answer: LARGE };
const UP: Kind = { method: 'POST', path: '', answer: String(UPLOAD).length };
const KINDS = [SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, DOWN, UP] as const;

const cancel = (stream: ClientHttp2Stream): void => stream.close(constants.NGHTTP2_CANCEL);

type Point = (stream: ClientHttp2Stream) => void;

/** Where a stream may be reset once its request is out. */
const GET_POINTS: readonly Point[] = [
  cancel,
  (stream) => stream.once('response', () => cancel(stream)),
  (stream) => stream.once('data', () => cancel(stream)),
  (stream) => setTimeout(() => cancel(stream), Math.random() * LATEST_RESET_MS),
];
/** The same for a request with a body, and in the middle of it. */
const POST_POINTS: readonly Point[] = [
  ...GET_POINTS.map((point): Point => {
    return (stream) => {
      point(stream);
      if (!stream.closed) stream.end(PAYLOAD);
    };
  }),
  (stream) => stream.write(PAYLOAD.subarray(0, UPLOAD / 2), () => cancel(stream)),
];

const [text = '', count = '', share = ''] = process.argv.slice(2);
const url = new URL(text);
let left = Number(count);
let finished = 0;
let resets = 0;
let errors = 0;

function pick<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)]!;
}

/** Resolves when the stream is closed, however it came to that. */
async function exchange(session: ClientHttp2Session): Promise<void> {
  const kind = pick(KINDS);
  const stream = session.request(
    { ':method': kind.method, ':path': url.pathname + kind.path },
    { endStream: kind.method === 'GET' },
  );
  stream.on('error', () => {}); // its close counts
  let status: unknown;
  let bytes = 0;
  stream.once('response', (head) => {
    status = head[':status'];
  });
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const ended = once(stream, 'close');
  if (Math.random() < Number(share)) {
    resets += 1;
    resetSomewhere(stream, kind);
    await ended;
    return;
  }
  if (kind.method === 'POST') stream.end(PAYLOAD);
  await ended;
  const whole = kind.answer === undefined ? bytes > 0 : bytes === kind.answer;
  if (status !== 200 || !whole || stream.rstCode !== 0) errors += 1;
}

/** A request without a body is out already, so there is nothing to send before its reset. */
function resetSomewhere(stream: ClientHttp2Stream, kind: Kind): void {
  if (kind.method === 'POST') pick(POST_POINTS)(stream);
  else pick(GET_POINTS)(stream);
}

/** One stream's place on a connection: request after request, on a new connection when the old one broke. */
async function workOn(at: number): Promise<void> {
  while (left > 0) {
    left -= 1;
    try {
      await exchange(sessionAt(at));
    } catch {
      errors += 1;
    }
    finished += 1;
  }
}

const sessions: (ClientHttp2Session | undefined)[] = [];

function sessionAt(at: number): ClientHttp2Session {
  const known = sessions[at];
  if (known !== undefined && !known.closed && !known.destroyed) return known;
  const session = connect(url.origin);
  session.on('error', () => {}); // its streams' closes count
  sessions[at] = session;
  return session;
}

/** Resolves when no request has ended for too long: those that are left then are errors. */
function stuck(): Promise<void> {
  return new Promise((resolve) => {
    let [seen, since] = [0, performance.now()];
    setInterval(() => {
      if (finished > seen) [seen, since] = [finished, performance.now()];
      else if (performance.now() - since > STUCK_MS) resolve();
    }, 500).unref();
  });
}

const begin = performance.now();
const work = Array.from({ length: CONNECTIONS * STREAMS }, (_, at) => workOn(at % CONNECTIONS));
await Promise.race([Promise.all(work), stuck()]);
errors += Number(count) - finished;
const seconds = (performance.now() - begin) / 1_000;
for (const session of sessions) session?.destroy();
console.log(JSON.stringify({ requests: Number(count), resets, errors, seconds } satisfies ResetsResult));
process.exit(0);
