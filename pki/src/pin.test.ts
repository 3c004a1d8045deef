import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { createServer, type TlsOptions } from 'node:tls';
import fc from 'fast-check';
import { certificateFacts } from './certificate.ts';
import { fetchVerifiedRoots, parsePins } from './pin.ts';
import { type Bend, makeCertificate, makeTestRoot } from './testing/certificates.ts';
import { listenerTls } from './tls-policy.ts';

const root = makeTestRoot();
const pin = certificateFacts(root.certificate).pin;
const parentUri = 'spiffe://mesh/parent/main';
const leaf = (bend: Bend = {}) => makeCertificate({ issuer: root, uris: [parentUri], ...bend });
const alpn = ['http/1.1'];

/** A join listener that records every application byte it gets. */
async function joinListener(chain: { certificate: string; key: string }, extra = '') {
  const options: TlsOptions = listenerTls(
    { key: chain.key, certificate: chain.certificate + extra, roots: [root.certificate], alpn },
    'joining',
  );
  const received: Buffer[] = [];
  const server = createServer(options, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => received.push(data));
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = (server.address() as AddressInfo).port;
  return {
    fetch: (pins: readonly string[]) =>
      fetchVerifiedRoots({ host: '127.0.0.1', port, pins, timeoutMs: 5_000 }),
    received,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

test('the pinned root and the parent’s name are learnt, and nothing is sent', async () => {
  await using listener = await joinListener(leaf());
  const other = `sha256:${'0'.repeat(64)}`;
  for (const pins of [[pin], [other, pin], [pin.toUpperCase().replace('SHA', 'sha')]]) {
    const { roots, parent } = await listener.fetch(pins);
    assert.deepEqual(
      roots.map((pem) => certificateFacts(pem).pin),
      [pin],
    );
    assert.equal(parent, parentUri);
  }
  assert.equal(listener.received.length, 0);
});

test('a clock that is wrong is named, whichever way, before anything else is believed', async (t) => {
  await using listener = await joinListener(leaf());
  const facts = certificateFacts(leaf().certificate);
  for (const [now, word] of [
    [facts.notBefore - 3_600_000, /but a certificate of the parent begins at/],
    [facts.notAfter + 3_600_000, /but a certificate of the parent ended at/],
  ] as const) {
    t.mock.timers.enable({ apis: ['Date'], now });
    await assert.rejects(listener.fetch([pin]), { code: 'join.clock', message: word, remedy: /clock/ });
    t.mock.timers.reset();
  }
  assert.equal(listener.received.length, 0);
});

test('a root behind an intermediate is found', async () => {
  const issuing = makeCertificate({ issuer: root, ca: true, uris: ['spiffe://mesh'], commonName: 'issuing' });
  await using listener = await joinListener(
    leaf({ issuer: issuing }),
    issuing.certificate + root.certificate,
  );
  assert.equal((await listener.fetch([pin])).parent, parentUri);
});

const liar = makeTestRoot({ commonName: 'liar' });
const refused: [string, () => Parameters<typeof joinListener>, string][] = [
  ['another root', () => [leaf({ issuer: liar }), liar.certificate], 'join.pin-mismatch'],
  [
    'a leaf of another authority beside the pinned root',
    () => [leaf({ issuer: liar }), root.certificate],
    'join.pin-mismatch',
  ],
  [
    'a leaf that only claims the pinned root as issuer',
    () => [leaf({ issuer: { ...liar, commonName: root.commonName } }), root.certificate],
    'join.unreachable',
  ],
  [
    'an enrolled child in the parent’s place',
    () => [leaf({ uris: ['spiffe://mesh/child/vm-1'] })],
    'join.not-a-parent',
  ],
  ['no SPIFFE ID', () => [leaf({ uris: [] })], 'identity.no-uri'],
  ['an expired parent', () => [leaf({ notAfter: Date.now() - 1_000 })], 'join.clock'],
];
for (const [name, chain, code] of refused) {
  test(`refused without a byte sent: ${name}`, async () => {
    await using listener = await joinListener(...chain());
    await assert.rejects(listener.fetch([pin]), (error: Error & { code?: string; remedy?: string }) => {
      assert.equal(error.code, code, error.message);
      return error.remedy !== undefined;
    });
    assert.equal(listener.received.length, 0);
  });
}

test('pins of the leaf or the intermediate are not enough', async () => {
  const parent = leaf();
  await using listener = await joinListener(parent);
  await assert.rejects(listener.fetch([certificateFacts(parent.certificate).pin]), {
    code: 'join.pin-mismatch',
  });
});

test('nobody there, and somebody silent, are unreachable', async () => {
  const silent = createTcpServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const port = (silent.address() as AddressInfo).port;
  const dial = { host: '127.0.0.1', port, pins: [pin], timeoutMs: 50 };
  await assert.rejects(fetchVerifiedRoots(dial), { code: 'join.unreachable', message: /within 50 ms/ });
  silent.close();
  await once(silent, 'close');
  await assert.rejects(fetchVerifiedRoots(dial), { code: 'join.unreachable', message: /ECONNREFUSED/ });
});

test('a listener without TLS is named as such', async () => {
  const http = createTcpServer((socket) =>
    socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  ).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  await assert.rejects(fetchVerifiedRoots({ host: '127.0.0.1', port, pins: [pin] }), {
    code: 'join.unreachable',
    message: /does not speak TLS$/,
  });
  http.close();
});

test('pins are read strictly', () => {
  assert.deepEqual(parsePins(`${pin}, ${pin}`), [pin, pin]);
  for (const text of [
    '',
    ',',
    'sha256:',
    pin.slice(1),
    `${pin}0`,
    pin.replace('sha256', 'sha1'),
    `${pin},`,
    pin.repeat(100),
  ])
    assert.throws(() => parsePins(text), { code: 'join.bad-pin' });
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.throws(() => parsePins(text), { code: 'join.bad-pin' });
    }),
  );
});
