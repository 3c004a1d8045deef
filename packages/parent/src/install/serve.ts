/** Puts downloads on the join listener. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '@ficus/common/clock.ts';
import { toProblem } from '@ficus/common/errors.ts';
import type { LogLine } from '@ficus/common/log.ts';
import { plainAddress } from '../join/addresses.ts';
import { type DownloadAnswer, type Downloads, downloadLimits, retryAfter } from './downloads.ts';
import { send } from './send.ts';

/** What this needs of a Fastify instance, on whichever kind of server. */
interface App {
  route(route: { method: string[]; url: string; handler(request: Request, reply: Reply): unknown }): unknown;
}
interface Request {
  readonly method: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly params: unknown;
  readonly raw: { readonly socket: { readonly remoteAddress?: string | undefined } };
}
interface Reply {
  readonly raw: ServerResponse;
  code(status: number): Reply;
  headers(headers: Record<string, string>): Reply;
  getHeaders(): Record<string, unknown>;
  hijack(): Reply;
  send(body?: unknown): Reply;
}

/** Whoever can reach the listener may ask: what is refused gets one line in so long. */
const tellEveryMs = 60_000;

/** `GET` and `HEAD` of `/install/…`. Without `downloads` nothing is added. */
export function serveDownloads(
  app: App,
  options: { downloads?: Downloads; readonly clock: Clock; readonly log: LogLine },
): void {
  const { downloads, clock, log } = options;
  if (downloads === undefined) return;
  let refused = 0;
  let toldAt = Number.NEGATIVE_INFINITY;

  function turnAway(error: unknown): DownloadAnswer {
    const problem = toProblem(error);
    if (problem.status !== 503) throw error;
    refused++;
    if (clock.monotonic() - toldAt >= tellEveryMs) {
      log('info', 'downloads are turned away', { code: problem.code, requests: refused });
      refused = 0;
      toldAt = clock.monotonic();
    }
    const headers = { 'retry-after': retryAfter, 'content-type': 'application/problem+json' };
    return { status: 503, headers, body: JSON.stringify(problem) };
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: '/install/*',
    async handler({ method, headers: asked, params, raw: { socket } }, reply) {
      const { '*': name = '' } = params as { '*'?: string };
      const source = plainAddress(socket.remoteAddress);
      const answer = await downloads
        .check(name)
        .then(() => downloads.answer({ name, method, headers: asked, source, connection: socket }))
        .catch(turnAway);
      const { status, headers, body } = answer;
      reply.code(status).headers({ ...headers });
      if (body === undefined) return reply.send();
      // As bytes: for a string Fastify would add a charset.
      if (typeof body === 'string') return reply.send(Buffer.from(body));
      // Not as a stream of Fastify's: that holds many pieces, this one buffer.
      reply.hijack();
      reply.raw.writeHead(status, reply.getHeaders() as OutgoingHttpHeaders);
      send(body.pieces, reply.raw, { ...downloadLimits, clock })
        .catch((err: unknown) => log('error', 'a download broke off', { file: name, err }))
        .finally(() => body.done());
      return reply;
    },
  });
}
