/** A child that joined properly and then says what a child must not say. */

import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { identityDirectory } from '@ficus/child/state/identity-directory.ts';
import type { Advertisement } from '@ficus/common/uplink/advertisement.ts';
import { loadIdentity } from '@ficus/pki/node-identity.ts';
import { listenerTls } from '@ficus/pki/tls-policy.ts';
import { makeChild } from './child.ts';
import type { ParentProcess } from './parent.ts';

/** Serves any text as its advertisement, and answers every data request itself. */
export class RogueChild implements AsyncDisposable {
  readonly name: string;
  readonly #server: Server;
  readonly #owned: AsyncDisposableStack;
  readonly #watches: Set<ServerResponse>;
  #revision = 0;

  constructor(name: string, server: Server, watches: Set<ServerResponse>, owned: AsyncDisposableStack) {
    this.name = name;
    this.#server = server;
    this.#watches = watches;
    this.#owned = owned;
  }

  /** Sends a line to every watch: a document, or anything else. */
  say(line: string): void {
    for (const watch of this.#watches) watch.write(`${line}\n`);
  }

  /** Advertises uplinks that may break every rule; the document around them is a good one. */
  advertise(uplinks: readonly object[], more: object = {}): void {
    this.#revision += 1;
    const document: Omit<Advertisement, 'uplinks'> & { uplinks: readonly object[] } = {
      protocols: [1],
      child: this.name,
      version: '0.0.0',
      revision: this.#revision,
      epoch: 'rogue',
      draining: false,
      uplinks,
    };
    this.say(JSON.stringify({ ...document, ...more }));
  }

  /** Whether a parent watches. */
  get watched(): boolean {
    return this.#watches.size > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#owned.disposeAsync();
  }
}

/** Joins under `name` with a token for `grants`, and listens. */
export async function startRogueChild(options: {
  readonly parent: ParentProcess;
  readonly name: string;
  readonly grants: string;
}): Promise<RogueChild> {
  await using starting = new AsyncDisposableStack();
  const child = starting.use(await makeChild(options));
  await child.join(options.grants);
  const identity = await loadIdentity(identityDirectory(child.directory.file('state')));
  const watches = new Set<ServerResponse>();
  const tls = listenerTls({
    key: identity.key,
    certificate: identity.certificate,
    roots: identity.roots,
    alpn: ['http/1.1'],
  });
  const server = createServer(tls, (request, response) => {
    if (!request.url?.startsWith('/.well-known/ficus/')) {
      response.setHeader('x-served-by', options.name);
      response.end('rogue');
      return;
    }
    if (!request.url.includes('watch')) {
      // A probe of life: anything is an answer.
      response.end('{}');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('\n');
    watches.add(response);
    // Heartbeats, so that only the documents are wrong.
    const beat = setInterval(() => response.write('\n'), 500);
    response.on('close', () => {
      clearInterval(beat);
      watches.delete(response);
    });
    response.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(child.port, '127.0.0.1', resolve));
  return new RogueChild(options.name, server, watches, starting.move());
}
