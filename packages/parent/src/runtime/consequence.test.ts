import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDynamic } from '@ficus/gateway/config/dynamic.ts';
import { resolve } from '@ficus/gateway/model/resolve.ts';
import { consequences } from './consequence.ts';

test('a log line says what becomes of the requests of what is disabled', () => {
  const decoded = decodeDynamic(
    `
http:
  routers:
    misspelt: { rule: "Pth(\`/\`)", service: s }
    lost: { rule: "Path(\`/lost\`)", service: nowhere }
    half: { rule: "Path(\`/half\`)", service: s, entryPoints: [web, wbe] }
    split: { rule: "Path(\`/split\`)", service: both }
  middlewares:
    bad: { redirectRegex: { regex: "(", replacement: x } }
  services:
    s: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }] } }
    both: { weighted: { services: [{ name: s }, { name: nowhere }] } }
`,
    'f.yaml',
  );
  assert.ok(decoded.ok);
  const { model, disabled } = resolve({
    dynamic: [{ provider: 'file', config: decoded.value, at: decoded.at }],
    entryPoints: { web: { address: ':80' } },
  });
  const say = consequences(model);
  assert.deepEqual(Object.fromEntries(disabled.map((each) => [`${each.kind} ${each.name}`, say(each)])), {
    'router misspelt@file': 'matches nothing from now on: its requests go to other routers, or get 404',
    'router lost@file': 'answers 503 from now on',
    'router half@file': 'serves, but not all that was written',
    'service both@file': 'serves, but not all that was written',
    'middleware bad@file': 'disabled from now on',
  });
});
