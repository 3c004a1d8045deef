/**
 * What it costs to find a router among ten and among ten thousand, to build the table, and to build it again after one
 * router changed. Prints a table: `node --conditions=source bench/route-match.ts`.
 */
import type { RequestHead } from '@ficus/gateway/http/message.ts';
import { buildRouteTable, type Routable } from '@ficus/gateway/router/route-table.ts';
import { parseRule } from '@ficus/gateway/rules/parse-rule.ts';

interface Shape {
  readonly name: string;
  readonly rule: (i: number) => string;
  readonly request: (i: number) => Partial<RequestHead>;
}

const shapes: readonly Shape[] = [
  {
    name: 'a host each',
    rule: (i) => `Host(\`h${i}.example\`)`,
    request: (i) => ({ host: `h${i}.example`, path: '/some/path' }),
  },
  {
    name: 'a host and prefix each',
    rule: (i) => `Host(\`h${i}.example\`) && PathPrefix(\`/api\`)`,
    request: (i) => ({ host: `h${i}.example`, path: '/api/orders/7' }),
  },
  {
    name: 'one host, a prefix each',
    rule: (i) => `Host(\`a.example\`) && PathPrefix(\`/tenants/t${i}/\`)`,
    request: (i) => ({ host: 'a.example', path: `/tenants/t${i}/orders/7` }),
  },
  {
    name: 'one host, a path each',
    rule: (i) => `Host(\`a.example\`) && Path(\`/tenants/t${i}\`)`,
    request: (i) => ({ host: 'a.example', path: `/tenants/t${i}` }),
  },
  {
    name: 'no host, a prefix each',
    rule: (i) => `PathPrefix(\`/s${i}\`)`,
    request: (i) => ({ host: 'a.example', path: `/s${i}/orders/7` }),
  },
  {
    name: 'a wildcard each',
    rule: (i) => `Host(\`*.t${i}.example\`) && PathPrefix(\`/\`)`,
    request: (i) => ({ host: `www.t${i}.example`, path: '/orders/7' }),
  },
  {
    name: 'an anchored HostRegexp each',
    rule: (i) => `HostRegexp(\`^[a-z]+\\.t${i}\\.example$\`)`,
    request: (i) => ({ host: `www.t${i}.example`, path: '/orders/7' }),
  },
  {
    name: 'an anchored PathRegexp each',
    rule: (i) => `PathRegexp(\`^/t${i}/[0-9]+$\`)`,
    request: (i) => ({ host: 'a.example', path: `/t${i}/7` }),
  },
  {
    name: 'one host, a header each',
    rule: (i) => `Host(\`a.example\`) && Header(\`X-Tenant\`, \`t${i}\`)`,
    request: (i) => ({ host: 'a.example', path: '/orders/7', headers: ['x-tenant', `t${i}`, 'X-Tenant'] }),
  },
  {
    name: 'hosts, methods, prefixes',
    rule: (i) =>
      `Host(\`h${i % 100}.example\`) && (Method(\`GET\`) || Method(\`HEAD\`)) && PathPrefix(\`/p${Math.floor(i / 100)}/\`)`,
    request: (i) => ({ host: `h${i % 100}.example`, path: `/p${Math.floor(i / 100)}/x` }),
  },
  {
    name: 'a host each beside 5 catch-alls',
    rule: (i) =>
      i % 2000 === 1 ? `PathPrefix(\`/x${i}\`)` : `Host(\`h${i}.example\`) && PathPrefix(\`/api\`)`,
    request: (i) => ({ host: `h${i}.example`, path: i % 2000 === 1 ? `/x${i}` : '/api/orders/7' }),
  },
];

function routers({ rule }: Shape, count: number): Routable[] {
  return Array.from({ length: count }, (_, i) => {
    const text = rule(i);
    const parsed = parseRule(text);
    if (!parsed.ok) throw new Error(`${text}: ${parsed.message}`);
    return { matcher: parsed.matcher, priority: text.length, tls: false };
  });
}

function requests({ request }: Shape, count: number): RequestHead[] {
  // Spread over the table, in no order that a cache would like.
  return Array.from({ length: 512 }, (_, n) => {
    const i = (n * 7919) % count;
    const head = { host: 'a.example', path: '/', headers: [], ...request(i) };
    return {
      method: 'GET',
      query: undefined,
      authority: head.host,
      clientAddress: '10.0.0.1',
      secure: false,
      ...head,
    };
  });
}

/** Nanoseconds for one match: the best of some rounds, so that what else the machine does is left out. */
function matchCost(shape: Shape, count: number): number {
  const table = buildRouteTable(routers(shape, count), { anyTransport: true });
  const heads = requests(shape, count);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 12; round++) {
    const start = performance.now();
    let found = 0;
    let asked = 0;
    while (performance.now() - start < 25) {
      for (const head of heads) if (table.match(head) !== undefined) found++;
      asked += heads.length;
    }
    if (found !== asked) throw new Error(`${shape.name}: ${found} of ${asked} found`);
    best = Math.min(best, ((performance.now() - start) * 1e6) / asked);
  }
  return best;
}

/** Milliseconds for the table, and for the next one after one router changed. */
function buildCost(shape: Shape, count: number): { first: number; again: number } {
  const all = routers(shape, count);
  let start = performance.now();
  const table = buildRouteTable(all, { anyTransport: true });
  const first = performance.now() - start;
  const changed = parseRule(shape.rule(count + 1));
  all[count >> 1] = { matcher: changed.ok ? changed.matcher : all[0]!.matcher, priority: 1, tls: false };
  start = performance.now();
  const next = buildRouteTable(
    all.map((router) => ({ ...router })),
    { anyTransport: true },
  );
  const again = performance.now() - start;
  if (table === next) throw new Error('the same table');
  return { first, again };
}

const wanted = process.argv[2] ?? '';
console.log('shape                               10     10,000  ratio    build   again');
for (const shape of shapes.filter(({ name }) => name.includes(wanted))) {
  const few = matchCost(shape, 10);
  const many = matchCost(shape, 10_000);
  const { first, again } = buildCost(shape, 10_000);
  console.log(
    [
      shape.name.padEnd(32),
      `${few.toFixed(0)} ns`.padStart(8),
      `${many.toFixed(0)} ns`.padStart(9),
      (many / few).toFixed(2).padStart(6),
      `${first.toFixed(0)} ms`.padStart(8),
      `${again.toFixed(0)} ms`.padStart(7),
    ].join(' '),
  );
}
