/**
 * Requests over connections that somebody else makes. Node's own client, loaded when first used: undici's parser is
 * WebAssembly, whose compiler leaves an idle child 12 MiB larger.
 */
import type { IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';
import type { buildConnector } from 'undici';
import type { Question } from './client.ts';

/** Kept connections to one origin, four at most. */
export class Connections {
  readonly #origin: URL;
  readonly #connect: buildConnector.connector;
  #agent: Promise<Agent> | undefined;

  /** `connect` makes connections that have proven who they lead to. */
  constructor(origin: string, connect: buildConnector.connector) {
    this.#origin = new URL(origin);
    this.#connect = connect;
  }

  /**
   * The answer's head, its body to be read. Rejects when there is none, with the signal's reason when it is aborted. A
   * kept connection that the other side has just closed is no failure: what is asked here may be asked twice.
   */
  async request(
    { method, path, body }: Question,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    this.#agent ??= this.#open();
    const url = new URL(path, this.#origin);
    const [{ request }, agent] = await Promise.all([import('node:https'), this.#agent]);
    for (let attempt = 1; ; attempt++) {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const asked = request(url, { agent, method, headers, signal }, resolve);
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
      try {
        return await promise;
      } catch (error) {
        if (attempt > 1 || !asked.reusedSocket || signal.aborted) throw error;
      }
    }
  }

  /** Closes all of them; what is under way fails. */
  async close(): Promise<void> {
    const agent = await this.#agent;
    agent?.destroy();
  }

  async #open(): Promise<Agent> {
    const { Agent: HttpsAgent } = await import('node:https');
    const agent = new HttpsAgent({ keepAlive: true, maxSockets: 4, maxFreeSockets: 4, scheduling: 'lifo' });
    agent.createConnection = (_options, callback) => {
      const { hostname, port, protocol } = this.#origin;
      this.#connect({ hostname, port, protocol }, (...made) => callback?.(made[0], made[1] as never));
      return undefined;
    };
    return agent;
  }
}
