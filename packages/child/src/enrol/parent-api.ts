/** One call to the parent's join listener, over TLS that trusts exactly the given roots. */

import type { Enrolment } from '@ficus/common/api/admin.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { Log } from '@ficus/common/log.ts';
import { dialerTls } from '@ficus/pki/tls-policy.ts';
import pRetry from 'p-retry';
import { Agent, request } from 'undici';
import { decodeEnrolment, enrolmentLimit } from './enrolment.ts';

export interface ParentCall {
  /** The join listener, `https://parent:8443`. */
  readonly url: URL;
  readonly path: '/v1/join' | '/v1/renew';
  readonly body: unknown;
  /** PEM each; nothing else is trusted, the system's roots neither. */
  readonly roots: readonly string[];
  /** SPIFFE IDs, one of which the parent must prove. */
  readonly parents: readonly string[];
  /** Presented to the parent on renewal; PEM. */
  readonly own?: { readonly certificate: string; readonly key: string };
}

/** How often and how long to try again after a failed connection. */
export interface RetryOptions {
  readonly retries: number;
  /** Milliseconds before the second try; doubles each time up to 10 s, with jitter. */
  readonly minTimeout: number;
}

/**
 * Runs `attempt` and runs it again only when the connection failed or broke: an answer is an answer. What it throws
 * in the end is a FicusError: the parent's own, or `join.unreachable` or `join.untrusted`.
 */
export async function reachParent<T>(
  url: URL,
  attempt: () => Promise<T>,
  options: { readonly retry: RetryOptions; readonly log: Log },
): Promise<T> {
  try {
    return await pRetry(attempt, {
      ...options.retry,
      maxTimeout: 10_000,
      randomize: true,
      shouldRetry: ({ error }) => isConnectionFailure(error),
      onFailedAttempt: ({ error, retriesLeft, retryDelay }) => {
        if (!isConnectionFailure(error) || retriesLeft === 0) return;
        const waitMs = Math.round(retryDelay);
        options.log.warn(
          { parent: url.origin, why: error.message, retriesLeft, waitMs },
          'parent not reached',
        );
      },
    });
  } catch (error) {
    throw readable(error, url);
  }
}

/** Posts `body` once and reads the enrolment; a problem document becomes a FicusError with its code and remedy. */
export async function callParent(call: ParentCall): Promise<Enrolment> {
  const tls = { roots: call.roots, alpn: ['http/1.1'], ...call.own };
  const agent = new Agent({
    connect: { ...dialerTls(tls, call.parents), timeout: 10_000, maxCachedSessions: 0 },
  });
  try {
    const { statusCode, body } = await request(new URL(call.path, call.url), {
      dispatcher: agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, application/problem+json' },
      body: JSON.stringify(call.body),
      headersTimeout: 30_000,
      bodyTimeout: 30_000,
    });
    const text = await readText(body as AsyncIterable<Buffer>);
    if (statusCode === 200 || statusCode === 201) return decodeEnrolment(text);
    throw refusal(statusCode, text);
  } finally {
    await agent.destroy();
  }
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > enrolmentLimit) {
      throw new FicusError(
        'join.bad-answer',
        `parent's answer: want at most ${enrolmentLimit} bytes, found more`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
}

/** The parent's problem document (RFC 9457) as the error it describes; lengths capped, control characters dropped. */
function refusal(status: number, text: string): FicusError {
  let problem: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) problem = parsed as Record<string, unknown>;
  } catch {
    // Not a problem document: something else listens there; the status says what is known.
  }
  const word = (name: string) => {
    const value = problem[name];
    return typeof value === 'string' ? value.slice(0, 500).replace(/\p{Cc}/gu, ' ') : undefined;
  };
  const code = word('code');
  if (code === undefined || !/^[a-z0-9.-]{1,100}$/.test(code)) {
    return new FicusError('join.bad-answer', `parent answered ${status} without saying why`, {
      remedy: 'check that the URL is the parent’s join listener (default port 8443)',
    });
  }
  const remedy = word('remedy');
  return new FicusError(code, `parent refused: ${word('detail') ?? word('title') ?? `status ${status}`}`, {
    status,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

const connectionFailures = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** Whether no answer came, so that asking again is right. Joining twice with one key is safe (same certificate). */
export function isConnectionFailure(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof AggregateError && at.errors.some(isConnectionFailure)) return true;
    if (connectionFailures.has(String((at as NodeJS.ErrnoException).code))) return true;
  }
  return false;
}

function readable(error: unknown, url: URL): unknown {
  if (error instanceof FicusError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const message = error instanceof Error && error.message !== '' ? error.message : String(code);
  if (isConnectionFailure(error)) {
    return new FicusError('join.unreachable', `${url.origin}: no answer: ${message}`, {
      remedy: 'check the address, that the parent runs, and that no firewall is in between',
      cause: error,
    });
  }
  return new FicusError('join.untrusted', `${url.origin}: TLS refused: ${message}`, {
    remedy: 'check that the address is this parent’s join listener',
    cause: error,
  });
}
