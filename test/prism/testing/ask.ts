/** One request to a simulator, as a client that checks its certificate sends it. */
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type { PrismSimulator } from '../simulator.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body decoded; undefined when it is no JSON. */
  readonly json: unknown;
  /** What is at this place in it, undefined when nothing is. */
  at(...place: readonly (string | number)[]): unknown;
  /** The objects of the list there; empty when there is none. */
  list(...place: readonly (string | number)[]): readonly Readonly<Record<string, unknown>>[];
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default `key`: the simulator's API key. */
  readonly as?: 'key' | 'user' | 'nobody';
}

/** Where to ask, and as whom. */
export type Asked = Pick<PrismSimulator, 'url' | 'ca' | 'apiKey' | 'username' | 'password'>;

export function ask(prism: Asked, path: string, options: Ask = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, as = 'key' } = options;
  const basic = Buffer.from(`${prism.username}:${prism.password}`).toString('base64');
  const credentials: Record<string, string> =
    as === 'key'
      ? { 'X-ntnx-api-key': prism.apiKey }
      : as === 'user'
        ? { Authorization: `Basic ${basic}` }
        : {};
  return new Promise((resolve, reject) => {
    const sent = request(`${prism.url}${path}`, {
      method,
      ca: prism.ca,
      agent: false,
      headers: { ...credentials, ...headers },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const json = decoded(text);
        const at: Answer['at'] = (...place) => inside(json, place);
        const list: Answer['list'] = (...place) => {
          const found = at(...place);
          return Array.isArray(found) ? found : [];
        };
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json, at, list });
      });
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function inside(json: unknown, place: readonly (string | number)[]): unknown {
  let value = json;
  for (const name of place) value = (value as Record<string | number, unknown> | null | undefined)?.[name];
  return value;
}
