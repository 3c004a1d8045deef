/** An admin API for tests: answers from a table, on a unix socket, and keeps what was asked. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeAdmin extends AsyncDisposable {
  readonly socket: string;
  readonly directory: string;
  readonly asked: { readonly line: string; readonly body: unknown; readonly actor: unknown }[];
}

/** `answers` by request line, such as `GET /v1/children`; anything else is a 404 problem document. */
export async function fakeAdmin(answers: Readonly<Record<string, unknown>>): Promise<FakeAdmin> {
  const directory = await mkdtemp(join(tmpdir(), 'ficus-cli-'));
  const socket = join(directory, 'admin.sock');
  const asked: { line: string; body: unknown; actor: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`;
    let text = '';
    for await (const chunk of request) text += chunk;
    asked.push({
      line,
      body: text === '' ? undefined : JSON.parse(text),
      actor: request.headers['x-ficus-actor'],
    });
    const answer = answers[line];
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(
      JSON.stringify(
        answer ?? {
          status: 404,
          code: 'uplink.unknown',
          detail: 'no such uplink',
          remedy: 'see `ficus uplinks`',
        },
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    directory,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
