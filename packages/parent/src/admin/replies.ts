/** How both APIs answer: plain JSON, and RFC 9457 problem documents for everything that is refused. */
import { FicusError, toProblem } from '@ficus/common/errors.ts';
import type { LogLine } from '@ficus/common/log.ts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

/** What this needs of a Fastify instance, on whichever kind of server. */
interface App {
  setErrorHandler(
    handler: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void,
  ): unknown;
  setNotFoundHandler(handler: (request: FastifyRequest, reply: FastifyReply) => void): unknown;
  setSerializerCompiler(compiler: () => (data: unknown) => string): unknown;
  removeContentTypeParser(type: string): unknown;
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: FastifyReply) => Promise<void>): unknown;
}

/** Headers of every answer: it is for programs, never for a cache, a frame or another site's script. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Sets up errors, headers and serialisation of an app. Unforeseen errors are logged and answered as a bare 500. */
export function plainReplies(app: App, log: LogLine): void {
  // A form can post text/plain across sites without asking; JSON it can't.
  app.removeContentTypeParser('text/plain');
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers);
  });
  app.setNotFoundHandler((request, reply) => {
    const route = `${request.method} ${request.url.split('?')[0]?.slice(0, 100)}`;
    send(
      reply,
      new FicusError('route.unknown', `want a route of this API, found ${route}`, {
        status: 404,
        remedy: 'see GET /v1/openapi.json of the admin API, or docs/api.md',
      }),
    );
  });
  app.setErrorHandler((error, request, reply) => {
    const known = readable(error);
    if (!(known instanceof FicusError) || known.status >= 500) {
      log('error', 'an API request failed', {
        method: request.method,
        route: request.routeOptions.url,
        err: known,
      });
    }
    send(reply, known);
  });
}

function send(reply: FastifyReply, error: unknown): void {
  const problem = toProblem(error);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="ficus"');
  if (problem.status === 429) reply.header('retry-after', '60');
  // As bytes: for a string Fastify would add a charset, which this type has none of (RFC 9457 §8.1).
  reply
    .code(problem.status)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(problem)));
}

const fastifyErrors: Readonly<Record<string, readonly [code: string, status: number, remedy: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['request.too-large', 413, 'send less'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['request.not-json', 415, 'send it as content-type: application/json'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['request.not-json', 400, 'send a JSON body, or no content-type'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['request.not-json', 400, 'send valid JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['request.not-json', 400, 'send a content-length that is right'],
};

/** Fastify's and Ajv's errors in our words; anything else as it is. */
function readable(error: FastifyError): unknown {
  if (error instanceof FicusError) return error;
  const first = error.validation?.[0];
  if (first !== undefined) {
    const at = `${error.validationContext ?? 'request'}${first.instancePath}`.replaceAll('/', '.');
    return new FicusError('request.invalid', `${at}: ${complaint(first.message, first.params)}`, {
      status: 400,
      remedy: 'see GET /v1/openapi.json of the admin API, or docs/api.md',
    });
  }
  const [code, status, remedy] = fastifyErrors[error.code] ?? [];
  if (code !== undefined) {
    return new FicusError(code, error.message, {
      status: status ?? 400,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
  // Malformed JSON and `__proto__` come as a SyntaxError with a status.
  if (error instanceof SyntaxError && error.statusCode === 400) {
    return new FicusError('request.not-json', 'want a JSON body, found something else', { status: 400 });
  }
  return error;
}

function complaint(message = 'is not what is wanted', params: Record<string, unknown> = {}): string {
  const extra = params['additionalProperty'];
  return typeof extra === 'string' ? `unknown member ${JSON.stringify(extra.slice(0, 80))}` : message;
}
