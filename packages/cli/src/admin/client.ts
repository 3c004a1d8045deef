/** Speaks to a parent's admin API, over its unix socket or over TCP with a bearer token. */
import { readFile } from 'node:fs/promises';
import { FicusError, type Problem } from '@ficus/common/errors.ts';
import type { Dispatcher } from 'undici';
import type { AdminPlace } from './locate.ts';

/** Longest answer that is read; a thousand children and uplinks fit many times. */
const answerLimit = 32 * 1024 * 1024;
const timeoutMs = 15_000;

/** One command's conversation with the admin API. Paths are below `/v1`. */
export interface AdminClient {
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens a client; nothing is dialled before the first request. `actor` is who the history names for requests whose body
 * has no place for it.
 */
export async function openAdminClient(place: AdminPlace, actor: string): Promise<AdminClient> {
  const { Client } = await import('undici');
  const timeouts = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
  const client =
    place.kind === 'socket'
      ? new Client('http://localhost', { ...timeouts, socketPath: place.path })
      : new Client(place.url.origin, {
          ...timeouts,
          ...(place.caFile === undefined ? {} : { connect: { ca: await readFile(place.caFile) } }),
        });
  const base = place.kind === 'socket' ? '' : place.url.pathname.replace(/\/$/, '');
  const authorization = place.kind === 'url' ? `Bearer ${place.token}` : undefined;

  async function send<T>(method: Dispatcher.HttpMethod, path: string, body?: unknown): Promise<T> {
    const answer = await client
      .request({
        method,
        path: `${base}/v1${path}`,
        headers: {
          accept: 'application/json, application/problem+json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          // A header takes no other characters; the body of a change does.
          ...(/^[\x20-\x7e]+$/.test(actor) ? { 'x-ficus-actor': actor } : {}),
          ...(authorization === undefined ? {} : { authorization }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      })
      .catch((error: unknown) => {
        throw unreachable(place, error);
      });
    const text = await readCapped(answer.body);
    if (answer.statusCode >= 400) throw refusal(answer.statusCode, text);
    return (text === '' ? undefined : parse(text)) as T;
  }

  return {
    get: (path) => send('GET', path),
    send,
    close: () => client.destroy(),
  };
}

async function readCapped(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > answerLimit) {
      throw new FicusError(
        'admin.answer-too-large',
        `the admin API answered more than ${answerLimit} bytes`,
        {
          remedy: 'check that this is the admin API of a ficus parent',
        },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FicusError('admin.not-json', 'the admin API answered something that is not JSON', {
      remedy: 'check that this is the admin API of a ficus parent',
      cause: error,
    });
  }
}

/** The problem document of a refusal, as the error that it was on the parent. */
function refusal(status: number, text: string): FicusError {
  let problem: Partial<Problem> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) problem = parsed;
  } catch {
    // Not a problem document: the status has to do.
  }
  const fallback = `the admin API answered ${status}`;
  const remedy =
    problem.remedy ?? (status === 401 ? 'give the bearer token with --token-file or FICUS_TOKEN' : undefined);
  return new FicusError(
    problem.code ?? `admin.status-${status}`,
    problem.detail ?? problem.title ?? fallback,
    {
      status,
      ...(remedy === undefined ? {} : { remedy }),
    },
  );
}

function unreachable(place: AdminPlace, cause: unknown): FicusError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer';
  const where = place.kind === 'socket' ? place.path : place.url.origin;
  const tried = place.kind === 'socket' ? ` (${place.from})` : '';
  if (code === 'EACCES') {
    return new FicusError('admin.forbidden', `this user may not use the admin socket ${where}${tried}`, {
      remedy: 'run as the user that the parent runs as, or use --url with a token',
      cause,
    });
  }
  return new FicusError('admin.unreachable', `no parent answers at ${where}${tried}: ${code}`, {
    remedy:
      'start it with `ficus parent --config parent.yaml`, or say where it is with --socket, --config or --url',
    cause,
  });
}
