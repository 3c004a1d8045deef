/** Puts downloads on the join listener. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '@ficus/common/clock.ts';
import type { LogLine } from '@ficus/common/log.ts';
import { plainAddress } from '../join/addresses.ts';
import { type Downloads, downloadLimits, retryAfter } from './downloads.ts';
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
  header(name: string, value: string): Reply;
  headers(headers: Record<string, string>): Reply;
  getHeaders(): Record<string, unknown>;
  hijack(): Reply;
  send(body?: unknown): Reply;
}

/** `GET` and `HEAD` of `/install/…`. Without `downloads` nothing is added. */
export function serveDownloads(
  app: App,
  { downloads, clock, log }: { downloads?: Downloads; readonly clock: Clock; readonly log: LogLine },
): void {
  if (downloads === undefined) return;
  app.route({
    method: ['GET', 'HEAD'],
    url: '/install/*',
    handler(request, reply) {
      const { '*': name = '' } = request.params as { '*'?: string };
      const source = plainAddress(request.raw.socket.remoteAddress);
      const answer = (() => {
        try {
          return downloads.answer({ name, method: request.method, headers: request.headers, source });
        } catch (error) {
          if ((error as { status?: unknown }).status === 503) reply.header('retry-after', retryAfter);
          throw error;
        }
      })();
      const { status, headers, body } = answer;
      reply.code(status).headers({ ...headers });
      if (body === undefined || typeof body === 'string') return reply.send(body);
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
