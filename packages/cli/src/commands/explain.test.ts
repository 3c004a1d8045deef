import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Explanation, RouteList } from '@ficus/common/api/explain.ts';
import { reportFailure } from '../output/failure.ts';
import { runProgram } from '../program.ts';
import { capturedIo } from '../testing/captured-io.ts';
import { fakeAdmin } from '../testing/fake-admin.ts';

let cwd: string;
before(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'ficus-explain-'));
  await mkdir(join(cwd, 'dynamic'));
  await writeFile(join(cwd, 'dynamic', 'shop.yaml'), shop);
  await writeFile(join(cwd, 'parent.yaml'), parent);
  await writeFile(join(cwd, 'child.yaml'), child);
});
after(() => rm(cwd, { recursive: true }));

const shop = `
http:
  routers:
    seven: {rule: "Host(\`shop.example\`) && Header(\`X-User\`, \`7\`)", service: beta, priority: 100}
    api:
      rule: |
        Host(\`shop.example\`)
          && PathPrefix(\`/api\`)
      service: both
      middlewares: [strip, key]
    login: {rule: "PathPrefix(\`/member\`)", middlewares: [key]}
    admin: {rule: "PathPrefix(\`/member/admin\`)", parentRefs: [login], service: beta}
    orders: {rule: "PathPrefix(\`/orders\`)", service: orders@multicluster}
    all: {rule: "PathPrefix(\`/\`)", service: monolith, priority: 1}
    gone: {rule: "Path(\`/gone\`)", service: ordres}
  middlewares:
    strip: {stripPrefix: {prefixes: [/api]}}
    key: {headers: {customRequestHeaders: {X-Api-Key: hunter2}}}
  services:
    monolith: {loadBalancer: {servers: [{url: "http://10.0.0.1:8080"}]}}
    beta: {loadBalancer: {servers: [{url: "http://10.0.0.2:8080"}, {url: "http://10.0.0.3:8080", weight: 3}]}}
    both: {weighted: {services: [{name: monolith, weight: 9}, {name: beta}]}}
`;
const parent = `
entryPoints: {web: {address: ":80"}, websecure: {address: ":443", http: {tls: {}}}}
providers: {file: {directory: dynamic}}
`;
const child = `
stateDirectory: ./state
workloads:
  orders: {url: "http://127.0.0.1:8080"}
`;

async function run(...argv: string[]) {
  const io = capturedIo({ cwd });
  const code = await runProgram(argv, io).catch((error: unknown) => reportFailure(io, error));
  assert.ok(!io.written.out.includes('hunter2'));
  return { code, out: io.written.out, err: io.written.err };
}

test('routes of a folder of dynamic files: one table, children further in, what is wrong below', async () => {
  const { code, out } = await run('routes', '--config', 'dynamic');
  assert.equal(code, 0);
  assert.equal(
    out,
    `files: dynamic (what runs may differ)

default :80 http
PRIORITY  ROUTER        STATUS    MIDDLEWARES           SERVICE              RULE
     100  seven@file    enabled   -                     beta@file            Host(\`shop.example\`) && Header(\`X-User\`, \`7\`)
      45  api@file      enabled   strip@file, key@file  both@file            Host(\`shop.example\`) && PathPrefix(\`/api\`)
      21  login@file    enabled   key@file              (routers below)      PathPrefix(\`/member\`)
      27    admin@file  enabled   -                     beta@file            PathPrefix(\`/member/admin\`)
      21  orders@file   enabled   -                     orders@multicluster  PathPrefix(\`/orders\`)
      13  gone@file     disabled  -                     ordres@file          Path(\`/gone\`)
       1  all@file      enabled   -                     monolith@file        PathPrefix(\`/\`)
problem: router gone@file: no service "ordres"
`,
  );
});

test('routes of a parent’s file, one entrypoint of it; and of a child’s, by uplink', async () => {
  const { out } = await run('routes', '--config', 'parent.yaml', '--entrypoint', 'websecure');
  assert.match(out, /^files: parent\.yaml \(what runs may differ\)\n\nwebsecure :443 https\nPRIORITY/);
  assert.doesNotMatch(out, /:80/);
  const unknown = await run('routes', '--config', 'parent.yaml', '--entrypoint', 'wbe');
  assert.equal(unknown.code, 2);
  assert.match(
    unknown.err,
    /no entrypoint "wbe", did you mean "web"\?\n {2}code: explain\.no-entrypoint\n {2}do: /,
  );
  const uplink = await run('routes', '--config', 'child.yaml');
  assert.match(uplink.out, /^\S+ :9443 uplink orders\nPRIORITY/m);
  assert.match(uplink.out, / PathPrefix\(`\/`\)\n/);
});

test('explain: the way a request takes, then why the others do not take it', async () => {
  const { code, out } = await run(
    ...[
      'explain',
      'get',
      'https://shop.example/api/orders?x=1',
      '-H',
      'X-User: 8',
      '--config',
      'parent.yaml',
    ],
  );
  assert.equal(code, 0);
  assert.equal(
    out,
    `files: parent.yaml (what runs may differ)

GET shop.example/api/orders?x=1 from 127.0.0.1 on websecure (https)

router       api@file, priority 45: Host(\`shop.example\`) && PathPrefix(\`/api\`)
middlewares  strip@file  stripPrefix: path /api/orders → /orders; sets X-Forwarded-Prefix
             key@file    headers: sets X-Api-Key
service      both@file: weighted
               monolith@file: 90 %, weight 9, loadBalancer
                 http://10.0.0.1:8080, 100 %
               beta@file: 10 %, weight 1, loadBalancer
                 http://10.0.0.2:8080, 25 %
                 http://10.0.0.3:8080, 75 %
answer       from an endpoint

tried before it, no match (1):
  seven@file, priority 100: Header(\`x-user\`, \`7\`): the request has \`8\`

matching too, with lower priority:
  all@file, priority 1: PathPrefix(\`/\`)
`,
  );
});

test('explain: a parent router none of whose children matches, with the nearest misses', async () => {
  const { code, out } = await run('explain', 'http://shop.example/member/x', '--config', 'parent.yaml');
  assert.equal(code, 1);
  assert.equal(
    out,
    `files: parent.yaml (what runs may differ)

GET shop.example/member/x from 127.0.0.1 on web (http)

router       login@file, priority 21: PathPrefix(\`/member\`)
middlewares  key@file  headers: sets X-Api-Key
answer       404 route.none: no router below login@file matches

tried before it, no match (3):
  seven@file, priority 100: Header(\`x-user\`, \`7\`): the request has none
  api@file, priority 45: PathPrefix(\`/api\`): the path is \`/member/x\`
  admin@file, priority 27: PathPrefix(\`/member/admin\`): the path is \`/member/x\`

matching too, with lower priority:
  all@file, priority 1: PathPrefix(\`/\`)
`,
  );
});

test('explain: what is disabled answers 503, and what a child may bring is not called wrong', async () => {
  const gone = await run('explain', 'GET', 'http://x/gone', '--config', 'dynamic');
  assert.equal(gone.code, 1);
  assert.match(
    gone.out,
    /service {6}ordres@file: broken, disabled \(no service "ordres"\)\nanswer {7}503 service\.unavailable: ordres@file is disabled/,
  );
  const orders = await run('explain', 'GET', 'http://x/orders', '--config', 'dynamic');
  assert.equal(orders.code, 0);
  assert.match(orders.out, /service {6}orders@multicluster: uplink, brought by children/);
});

test('explain on a child: its uplink entrypoint wants the header that a parent sends', async () => {
  const asked = (...more: string[]) => run('explain', 'http://x/a', ...more, '--config', 'child.yaml');
  const without = await asked();
  assert.equal(without.code, 1);
  assert.match(
    without.out,
    /400 uplink\.header-missing: \S+ wants -H 'ficus-uplink: <name>'; known are orders\n/,
  );
  assert.match(
    (await asked('-H', 'ficus-uplink: ordes')).out,
    /404 uplink\.unknown: .*did you mean "orders"\?/,
  );
  const orders = await asked('-H', 'ficus-uplink: orders');
  assert.equal(orders.code, 0);
  assert.match(
    orders.out,
    /router {7}orders@workloads.*\nservice {6}orders@workloads: loadBalancer\n.*127\.0\.0\.1:8080/,
  );
});

test('explain --json is the answer itself', async () => {
  const { code, out } = await run('explain', 'http://shop.example/', '--config', 'dynamic', '--json');
  const told = JSON.parse(out) as Explanation;
  assert.deepEqual([code, told.outcome, told.routers[0]?.name], [0, 'service', 'all@file']);
});

const mistakes: readonly (readonly [argv: readonly string[], code: number, text: RegExp])[] = [
  [
    ['shop.example/x', '--config', 'dynamic'],
    2,
    /want a URL with http.*\n.*\n {2}do: .*https:\/\/shop\.example\/x/,
  ],
  [
    ['GET', 'http://x/', '-H', 'nothing', '--config', 'dynamic'],
    2,
    /want a header as 'Name: value', got "nothing"/,
  ],
  [
    ['GET', 'http://x/', '--from', 'home', '--config', 'dynamic'],
    2,
    /want an IP address of a client, got "home"/,
  ],
  [['GET', 'http://x/', '--entrypoint', 'wbe', '--config', 'parent.yaml'], 2, /did you mean "web"\?/],
  [['GET', 'http://x/', '--config', 'none.yaml'], 1, /no such file.*none\.yaml/],
  [
    ['GET', 'http://x/', '--socket', 'none.sock'],
    1,
    /no parent answers at .*none\.sock.*\n.*\n {2}do: start it/,
  ],
  [['GET', 'http://x/'], 1, /no parent found: .*\n {2}code: admin\.not-found\n {2}do: /],
  [[], 2, /missing required argument 'method'/],
];
for (const [argv, code, text] of mistakes) {
  test(`explain ${argv.join(' ')}: one line that helps`, async () => {
    const result = await run('explain', ...argv);
    assert.equal(result.code, code);
    assert.match(result.err, text);
    assert.equal(result.out, '');
  });
}

test('without --config a running parent is asked', async () => {
  const told: Explanation = {
    request: { method: 'GET', host: 'x', path: '/', from: '192.0.2.7', entryPoint: 'web', tls: false },
    outcome: 'unavailable',
    status: 503,
    code: 'service.no-endpoint',
    detail: 'a@file is down: refused',
    routers: [{ name: 'a@file', priority: 1, rule: 'PathPrefix(`/`)' }],
    passedOver: { count: 0, nearest: [] },
    alsoMatching: [],
    middlewares: [
      { name: 'm@file', kind: 'redirectScheme', effect: 'redirects to https://x/', answers: 301 },
    ],
    service: {
      name: 'a@file',
      kind: 'failover',
      health: 'down',
      services: [
        {
          name: 'b@file',
          kind: 'loadBalancer',
          role: 'first',
          share: 0,
          health: 'down',
          strategy: 'p2c',
          sticky: 'lb',
          endpoints: [
            { url: 'http://10.0.0.1:1', weight: 1, share: 0, health: 'down', reason: 'refused\u001b[2J' },
          ],
        },
      ],
    },
  };
  const list: RouteList = { entryPoints: [] };
  await using admin = await fakeAdmin({ 'POST /v1/explain': told, 'GET /v1/routes?entryPoint=web': list });
  const argv = ['GET', 'http://x/', '-H', 'A: b: c', '--from', '192.0.2.7', '--entrypoint', 'web'];
  const { code, out } = await run('explain', ...argv, '--socket', admin.socket);
  assert.equal(code, 1);
  assert.deepEqual(admin.asked[0]?.body, {
    method: 'GET',
    url: 'http://x/',
    headers: [['A', 'b: c']],
    from: '192.0.2.7',
    entryPoint: 'web',
  });
  assert.equal(
    out,
    `running parent: ${admin.socket}

GET x/ from 192.0.2.7 on web (http)

router       a@file, priority 1: PathPrefix(\`/\`)
middlewares  m@file  redirectScheme: redirects to https://x/ (301)
service      a@file: failover, down
               b@file: first, 0 %, loadBalancer, p2c, sticky by cookie lb, down
                 http://10.0.0.1:1, 0 %, down (refused?[2J)
answer       503 service.no-endpoint: a@file is down: refused
`,
  );
  assert.equal(
    (await run('routes', '--entrypoint', 'web', '--socket', admin.socket)).out,
    `running parent: ${admin.socket}\n\nthere are no entrypoints\n`,
  );
});

test('what an authentication decides is not promised', async () => {
  const file = join(cwd, 'auth.yaml');
  await writeFile(
    file,
    `http:
  routers:
    shop: {rule: "Host(\`shop.example\`)", service: shop, middlewares: [auth]}
    api: {rule: "Host(\`api.example\`)", middlewares: [auth]}
    admin: {rule: "Header(\`X-Role\`, \`admin\`)", parentRefs: [api], service: shop}
  middlewares: {auth: {forwardAuth: {address: "http://127.0.0.1:9091", authResponseHeaders: [X-Role]}}}
  services: {shop: {loadBalancer: {servers: [{url: "http://127.0.0.1:1"}]}}}
`,
  );
  const of = (url: string, ...more: string[]) => run('explain', url, '--config', file, ...more);
  assert.match(
    (await of('http://shop.example/')).out,
    /^answer {7}from an endpoint, if auth@file lets it pass$/m,
  );
  assert.match(
    (await of('http://api.example/')).out,
    /^answer {7}depends on auth@file: not asked; give what it would set with -H\n\npossible.*\n {2}admin@file, /m,
  );
  assert.equal((await of('http://api.example/', '-H', 'X-Role: admin')).code, 0);
});

test('a router with a bad rule is told of, for it may have been meant', async () => {
  await writeFile(
    join(cwd, 'bad-rule.yaml'),
    `http:
  routers:
    typo: {rule: "Hst(\`x\`)", service: a, priority: 9}
    rest: {rule: "PathPrefix(\`/\`)", service: a}
  services: {a: {loadBalancer: {servers: [{url: "http://127.0.0.1:1"}]}}}
`,
  );
  const { out } = await run('routes', '--config', 'bad-rule.yaml');
  assert.match(out, /rest@file.*\n\nabsent: router typo@file: bad rule at character 1: .*Hst/);
  const told = await run('explain', 'http://x/', '--config', 'bad-rule.yaml');
  assert.match(told.out, /from an endpoint\n\ncannot match.*:\n {2}typo@file: bad rule at character 1/);
});
