/** Puts downloads on the join listener. */
import { plainAddress } from '../join/addresses.ts';
import { type Downloads, retryAfter } from './downloads.ts';

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
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  headers(headers: Record<string, string>): Reply;
  send(body?: unknown): Reply;
}

/** `GET` and `HEAD` of `/install/…`. Without `downloads` nothing is added. */
export function serveDownloads(app: App, downloads: Downloads | undefined): void {
  if (downloads === undefined) return;
  app.route({
    method: ['GET', 'HEAD'],
    url: '/install/*',
    handler(request, reply) {
      const { '*': name = '' } = request.params as { '*'?: string };
      try {
        const source = plainAddress(request.raw.socket.remoteAddress);
        const answer = downloads.answer({ name, method: request.method, headers: request.headers, source });
        return reply
          .code(answer.status)
          .headers({ ...answer.headers })
          .send(answer.body);
      } catch (error) {
        if ((error as { status?: unknown }).status === 503) reply.header('retry-after', retryAfter);
        throw error;
      }
    },
  });
}
