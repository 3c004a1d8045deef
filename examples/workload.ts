/** What the example workloads share: a small HTTP server that says who answered. */
import { createServer, type IncomingMessage, type Server } from 'node:http';

export interface Workload {
  /** Said in every answer, as `service` and in the header `x-served-by`. */
  readonly name: string;
  /** The answer to a request for this path; `undefined` is a 404. */
  readonly answer: (path: string) => object | undefined;
}

/** More of a request body than this is refused with 413. */
const bodyLimit = 1024 * 1024;

/** A server that answers JSON. Listening and stopping are the caller's. */
export function workloadServer(workload: Workload): Server {
  // Longer than the gateway keeps idle connections, so that it is never this server that closes one first.
  return createServer({ keepAliveTimeout: 300_000 }, async (request, response) => {
    const send = (status: number, value: object) => {
      const text = `${JSON.stringify({ service: workload.name, path: request.url, ...value })}\n`;
      response.writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        'x-served-by': workload.name,
      });
      response.end(request.method === 'HEAD' ? undefined : text);
    };
    try {
      if (!(await takesBody(request))) return send(413, { error: `at most ${bodyLimit} bytes` });
      const answer = workload.answer(new URL(request.url ?? '/', 'http://workload').pathname);
      if (answer === undefined) return send(404, { error: 'no such path here' });
      send(200, answer);
    } catch {
      // The client broke off in the middle of its request: there is nobody to answer.
      response.destroy();
    }
  });
}

/** Serves until the process is told to stop, at `--port`/`PORT` or `fallbackPort` of `HOST`; default: of 127.0.0.1 alone. */
export function serve(workload: Workload, fallbackPort: number): void {
  const at = process.argv.indexOf('--port');
  const port = Number(at > 0 ? process.argv[at + 1] : (process.env['PORT'] ?? fallbackPort));
  const host = process.env['HOST'] ?? '127.0.0.1';
  const server = workloadServer(workload);
  server.on('error', (error) => {
    process.stderr.write(`error: ${workload.name} cannot listen on ${host}:${port}: ${error.message}\n`);
    process.exitCode = 1;
  });
  server.listen(port, host, () => {
    process.stdout.write(`${workload.name} listens on http://${host}:${port}\n`);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      server.close();
      server.closeIdleConnections();
    });
  }
}

/** Reads the body to its end, as its sender expects; false when it is too long. */
async function takesBody(request: IncomingMessage): Promise<boolean> {
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > bodyLimit) return false;
  }
  return true;
}
