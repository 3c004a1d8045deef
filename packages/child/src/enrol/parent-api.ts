/** One call to the parent's join listener, over TLS that trusts exactly the given roots. */

import type { PeerCertificate } from 'node:tls';
import type { Enrolment } from '@ficus/common/api/admin.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { Log } from '@ficus/common/log.ts';
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
  /** Decides on the parent's certificate once its chain is verified. */
  readonly checkPeer: (host: string, certificate: PeerCertificate) => Error | undefined;
  /** Presented to the parent on renewal. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  readonly retry: RetryOptions;
  readonly log: Log;
}

/** How often and how long to try again after a failed connection. */
export interface RetryOptions {
  readonly retries: number;
  /** Milliseconds before the second try; doubles each time up to 10 s, with jitter. */
  readonly minTimeout: number;
}

/**
 * Posts `body` and reads the enrolment. Tries again only when the connection failed or broke: an answer is an
 * answer, and its problem document's code and remedy are passed on in the FicusError thrown.
 */
export async function callParent(call: ParentCall): Promise<Enrolment> {
  const agent = new Agent({
    connect: {
      ca: [...call.roots],
      minVersion: 'TLSv1.3',
      timeout: 10_000,
      checkServerIdentity: call.checkPeer,
      ...call.certificate,
    },
    // A second try must not meet the connection that just broke.
    pipelining: 0,
  });
  try {
    return await pRetry(() => post(call, agent), {
      ...call.retry,
      maxTimeout: 10_000,
      randomize: true,
      shouldRetry: ({ error }) => isConnectionFailure(error),
      onFailedAttempt: ({ error, retriesLeft, retryDelay }) => {
        if (!isConnectionFailure(error) || retriesLeft === 0) return;
        const waitMs = Math.round(retryDelay);
        call.log.warn(
          { err: error, parent: call.url.origin, retriesLeft, waitMs },
          'parent not reached, trying again',
        );
      },
    });
  } catch (error) {
    throw readable(error, call);
  } finally {
    await agent.destroy();
  }
}

async function post(call: ParentCall, agent: Agent): Promise<Enrolment> {
  const { statusCode, body } = await request(new URL(call.path, call.url), {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(call.body),
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > enrolmentLimit) {
      throw new FicusError(
        'join.bad-answer',
        `parent's answer: want at most ${enrolmentLimit} bytes, found more`,
      );
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks, size).toString('utf8');
  if (statusCode === 200 || statusCode === 201) return decodeEnrolment(text);
  throw refusal(statusCode, text);
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

function readable(error: unknown, call: ParentCall): unknown {
  if (error instanceof FicusError) return error;
  const message =
    error instanceof Error ? error.message || String((error as { code?: unknown }).code) : String(error);
  if (isConnectionFailure(error)) {
    return new FicusError('join.unreachable', `${call.url.origin}: no answer: ${message}`, {
      remedy: 'check the address, that the parent runs, and that a firewall lets port 8443 through',
      cause: error,
    });
  }
  return new FicusError('join.untrusted', `${call.url.origin}: TLS refused: ${message}`, {
    remedy: 'compare the CA pin with the one the parent prints (`ficus pki show`)',
    cause: error,
  });
}
