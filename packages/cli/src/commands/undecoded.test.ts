import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runProgram } from '../program.ts';
import { capturedIo } from '../testing/captured-io.ts';

let cwd: string;
before(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'ficus-undecoded-'));
});
after(() => rm(cwd, { recursive: true }));

const good = `
http:
  routers:
    rule: {rule: "Hst(\`a\`)", service: theirs}
    names: {rule: "Host(\`a\`)", service: theirz, middlewares: [chain, missing]}
    far: {rule: "Host(\`a\`)", service: both, middlewares: [login@file], tls: {options: strict}}
    below: {rule: "Path(\`/\`)", service: own, parentRefs: [top]}
    parent: {rule: "Host(\`b\`)"}
  middlewares:
    chain: {chain: {middlewares: [login]}}
  services:
    own: {loadBalancer: {serversTransport: mtls, servers: [{url: "http://127.0.0.1:1"}]}}
    both: {weighted: {services: [{name: theirs}, {name: own}, {name: nowhere}]}}
`;
/** What `good.yaml` has wrong, whatever is in the other file. */
const mistakes = [
  '4:18: http.routers.rule.rule: bad rule at character 1: no matcher "Hst"',
  '5:70: http.routers.names.middlewares[1]: no middleware "missing"',
  '13:70: http.services.both.weighted.services[2].name: leg left out: no service "nowhere"',
];
const broken = {
  'an unknown key': `
http:
  routers: {top: {rule: "Host(\`c\`)"}, sub: {rule: "Path(\`/\`)", service: theirs, parentRefs: [parent]}}
  middlewares: {login: {basicAuth: {usrs: []}}}
  services: {theirs: {loadBalancer: {servers: [{url: "http://127.0.0.1:1"}]}}, theirz: {loadBalancer: {}}}
  serversTransports: {mtls: {}}
tls: {options: {strict: {}}}
`,
  'no YAML at all': `
http:
  routers:
    top: {rule: "Host(\`c\`)"
    sub: {rule: x, parentRefs: [parent]}
  middlewares:
    login:
      basicAuth: [
  services:
    theirs: {loadBalancer: {servers: []}}
    theirz: {}
  serversTransports:
    "mtls": {}
tls:
  options:
    strict: {}
`,
};

describe('check tells what is wrong in other files than a broken one, and nothing that is right', () => {
  for (const [name, text] of Object.entries(broken)) {
    for (const asked of ['loose', 'of a parent'] as const) {
      test(`${name}, ${asked}`, async () => {
        const folder = await mkdtemp(join(cwd, 'd-'));
        await writeFile(join(folder, 'good.yaml'), good);
        await writeFile(join(folder, 'broken.yaml'), text);
        const parent = join(cwd, 'parent.yaml');
        await writeFile(
          parent,
          `entryPoints: {web: {address: ":80"}}\nproviders: {file: {directory: ${JSON.stringify(folder)}}}\n`,
        );
        const io = capturedIo({ cwd: folder });
        const files = asked === 'loose' ? ['good.yaml', 'broken.yaml'] : [parent];
        assert.equal(await runProgram(['check', ...files], io), 1);
        const lines = io.written.out.split('\n').filter((line) => line.startsWith('good.yaml:'));
        assert.deepEqual(
          lines.map((line, i) => line.slice('good.yaml:'.length).slice(0, mistakes[i]?.length)),
          mistakes,
          io.written.out,
        );
        assert.match(io.written.out, /^broken\.yaml:\d/m);
      });
    }
  }
});
