import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem } from '@ficus/common/config/problem.ts';
import fc from 'fast-check';
import { decodeBase } from './base-file.ts';

function problems(text: string): readonly string[] {
  const decoded = decodeBase(text, 'base.yaml');
  return decoded.ok ? [] : decoded.problems.map(formatProblem);
}

test('mistakes have a place and a remedy', () => {
  const text = `http:
  services:
    Orders: {}
    orders:
      loadBalancer:
        servers: [{url: http://10.0.0.1}]
        server: {port: 0, scheme: ftp}
    billing:
      loadBalancer: {serversTransport: mtls, healthCheck: {interval: 5s}, hashOn: clientIP}
      middlewares: [strip]
      weighted: {}
  routers: {}
`;
  const found = problems(text);
  assert.match(found[0] ?? '', /^base\.yaml:3:5: http\.services\.Orders: want lower-case letters/);
  assert.match(
    found.join('\n'),
    /base\.yaml:6:9: .*servers: "servers" are the VMs themselves: write server: \{port: 8080\} instead/,
  );
  assert.match(
    found.join('\n'),
    /base\.yaml:7:24: .*server\.port: want a whole number from 1 to 65535, got 0/,
  );
  assert.match(found.join('\n'), /base\.yaml:12:3: http\.routers: unknown key "routers"/);
  const cross = problems(text.replace(/ {4}Orders.*\n| {8}server.*\n| {6}weighted.*\n| {2}routers.*\n/g, ''));
  assert.match(cross.join('\n'), /serversTransport: want the provider with it, such as "mtls@file"/);
  assert.match(cross.join('\n'), /middlewares\[0\]: want the provider with it/);
  assert.match(cross.join('\n'), /healthCheck: missing key "path"/);
  assert.match(cross.join('\n'), /hashOn counts with "strategy: hrw" only/);
});

test('an empty file is one without services; nothing makes reading it throw', () => {
  const empty = decodeBase('{}', 'base.yaml');
  assert.ok(empty.ok);
  assert.deepEqual(empty.value, { services: {}, uplinks: {} });
  fc.assert(
    fc.property(fc.string(), (text) => void decodeBase(text, 'base.yaml')),
    { numRuns: 50 },
  );
});
