/** Changes a running simulator over plain HTTP on loopback, for demos and shells. Not part of Prism Central's API. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { noFaults } from './faults.ts';
import type { NewVm, PrismSimulator } from './simulator.ts';
import type { PowerState } from './state/records.ts';
import type { VmChange } from './state/store.ts';

const maxBody = 1024 * 1024;

type Body = Readonly<Record<string, unknown>>;
type Action = (prism: PrismSimulator, body: Body) => unknown;

const text = (body: Body, name: string): string => {
  const value = body[name];
  if (typeof value !== 'string' || value === '') throw new Error(`${name} is missing`);
  return value;
};
const optional = (body: Body, name: string): string | undefined =>
  body[name] === undefined ? undefined : text(body, name);

/** What may be posted, by the last part of the path. */
const actions: Readonly<Record<string, Action>> = {
  vms: (prism, body) => {
    text(body, 'name');
    return prism.addVm(body as unknown as NewVm);
  },
  update: (prism, { vm: _, ...change }) => prism.updateVm(text({ vm: _ }, 'vm'), change as VmChange),
  remove: (prism, body) => prism.removeVm(text(body, 'vm')),
  tag: (prism, body) => prism.tag(text(body, 'vm'), text(body, 'key'), text(body, 'value')),
  untag: (prism, body) => prism.untag(text(body, 'vm'), text(body, 'key'), optional(body, 'value')),
  power: (prism, body) => prism.setPower(text(body, 'vm'), text(body, 'power') as PowerState),
  categories: (prism, body) => prism.addCategory(text(body, 'key'), text(body, 'value')),
  rename: (prism, body) => prism.renameValue(text(body, 'key'), text(body, 'from'), text(body, 'to')),
  vpcs: (prism, body) => prism.addVpc(text(body, 'name')),
  subnets: (prism, body) => {
    const { vpc, managed } = { vpc: optional(body, 'vpc'), managed: optional(body, 'managed') };
    return prism.addSubnet(text(body, 'name'), {
      ...(vpc === undefined ? {} : { vpc }),
      ...(managed === undefined ? {} : { managed }),
    });
  },
  fleet: (prism, body) => prism.fleet(Number(body['count'] ?? 20), Number(body['services'] ?? 10)),
  faults: (prism, body) => setFaults(prism, body),
  'expire-key': (prism, body) => prism.expireKey(optional(body, 'key')),
  keys: (prism, body) => {
    const key = optional(body, 'key') ?? randomBytes(24).toString('base64url');
    prism.addKey(key);
    return { key };
  },
};

/** What may be asked. */
const views: Readonly<Record<string, (prism: PrismSimulator) => unknown>> = {
  vms: (prism) => prism.inventory.rows(),
  categories: (prism) => [...prism.inventory.categories.values()],
  faults: (prism) => prism.faults,
  requests: (prism) => prism.requests.map(({ method, path, status, at }) => ({ method, path, status, at })),
};

export interface Control extends AsyncDisposable {
  /** `http://127.0.0.1:port/_sim` */
  readonly url: string;
}

/** Listens on 127.0.0.1; `port` 0 is any free one. */
export async function startControl(prism: PrismSimulator, port: number): Promise<Control> {
  const server = createServer((request, response) => {
    answer(prism, request).then(
      ({ status, value }) => {
        response.writeHead(status, { 'Content-Type': 'application/json' });
        response.end(`${JSON.stringify(value ?? {}, null, 2)}\n`);
      },
      () => response.destroy(),
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/_sim`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  prism: PrismSimulator,
  request: IncomingMessage,
): Promise<{ status: number; value: unknown }> {
  const name = /^\/_sim\/([a-z-]+)$/.exec(request.url ?? '')?.[1] ?? '';
  try {
    if (request.method === 'GET') {
      const view = views[name];
      if (view !== undefined) return { status: 200, value: view(prism) };
    } else if (request.method === 'POST') {
      const action = actions[name];
      if (action !== undefined) return { status: 200, value: action(prism, await bodyOf(request)) };
    }
    const known = { GET: Object.keys(views), POST: Object.keys(actions) };
    return { status: 404, value: { error: 'want one of these under /_sim/', ...known } };
  } catch (error) {
    return { status: 400, value: { error: error instanceof Error ? error.message : String(error) } };
  }
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) throw new Error(`the body is larger than ${maxBody} bytes`);
    chunks.push(chunk);
  }
  const json: unknown = size === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('want a JSON object');
  return json as Body;
}

/** JSON has no `undefined` and no `Infinity`: null is a switch's default, a negative `times` goes on for ever. */
function setFaults(prism: PrismSimulator, body: Body): unknown {
  const unknown = Object.keys(body).filter((name) => !(name in prism.faults));
  if (unknown.length > 0) throw new Error(`unknown switches: ${unknown.join(', ')}`);
  const defaults: Readonly<Record<string, unknown>> = { ...noFaults() };
  const values = Object.entries(body).map(([name, value]) => [name, value === null ? defaults[name] : value]);
  Object.assign(prism.faults, Object.fromEntries(values));
  return prism.faults;
}
