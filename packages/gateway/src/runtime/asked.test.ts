import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway, type TestGateway } from '../testing/gateway.ts';
import { modelOf } from '../testing/models.ts';
import { childGateway, childTransport, Heard, parentModel, questionTo } from '../testing/questions.ts';
import { exchange } from '../testing/raw-client.ts';
import { childUri, node, parentUri, root } from '../testing/uplinks.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const nothing = modelOf({ ports: [] });

async function connections(child: TestGateway): Promise<{ open: number; accepted: number }> {
  return (await child.plane.stats()).connections;
}

/** Waits until the child has `open` connections, and returns how many it ever had. */
async function settledAt(child: TestGateway, open: number): Promise<number> {
  let now = await connections(child);
  const end = performance.now() + 5000;
  while (now.open !== open) {
    assert.ok(performance.now() < end, `${now.open} connections, not ${open}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    now = await connections(child);
  }
  return now.accepted;
}

test('a question asked before any model and the requests of later ones share one connection', async () => {
  await using workload = await recordingEndpoint((_, response) => response.end('served'));
  await using child = await childGateway(workload.port);
  await using parent = await startGateway({ model: nothing });
  const heard = new Heard(parent.plane, questionTo(child.port));
  await eventually(() => heard.documents === 1, 'the document');
  assert.equal(heard.heads[0]?.status, 200);
  assert.equal(heard.heads[0]?.length, -1);
  assert.match(heard.heads[0]?.headers['content-type'] ?? '', /json/);
  assert.match(heard.heads[0]?.peer.serial ?? '', /^[0-9A-F]+$/);
  assert.ok((heard.heads[0]?.peer.notAfter ?? 0) > Date.now());

  const model = { ...parentModel(child.port), entryPoints: nothing.entryPoints };
  for (let i = 0; i < 3; i++) {
    await parent.plane.apply(model);
    assert.equal((await exchange(parent.port, get)).body.toString(), 'served');
    // The service goes, and with it the model's use of the pool; the question keeps it.
    await parent.plane.apply(nothing);
    assert.equal((await exchange(parent.port, get)).status, 503);
  }
  const before = heard.text.length;
  await eventually(() => heard.text.length > before, 'a heartbeat after all that');
  assert.deepEqual(await connections(child), { open: 1, accepted: 1, refused: 0 });
  assert.deepEqual([heard.moves, heard.failures], [0, []]);

  // Nobody uses it any more: nothing is left.
  heard[Symbol.dispose]();
  assert.equal(await settledAt(child, 0), 1);
});

test('the question’s end leaves the connection to those who still use it', async () => {
  await using workload = await recordingEndpoint((_, response) => response.end('served'));
  await using child = await childGateway(workload.port);
  await using parent = await startGateway({ model: parentModel(child.port) });
  await exchange(parent.port, get);
  const heard = new Heard(parent.plane, questionTo(child.port));
  await eventually(() => heard.documents === 1, 'the document');
  heard[Symbol.dispose]();
  await exchange(parent.port, get);
  assert.deepEqual(await connections(child), { open: 1, accepted: 1, refused: 0 });
});

test('a renewed certificate, ours or the child’s, moves the answer to a new connection', async () => {
  await using workload = await recordingEndpoint();
  await using child = await childGateway(workload.port);
  await using parent = await startGateway({ model: nothing });
  using heard = new Heard(parent.plane, questionTo(child.port));
  await eventually(() => heard.documents === 1, 'the document');
  await parent.plane.patch({
    kind: 'transportCertificate',
    transport: ['vm-1', 'multicluster'],
    certificate: node(parentUri),
    roots: [root.certificate],
  });
  await eventually(() => heard.documents === 2, 'the document over a new connection');
  assert.equal(await settledAt(child, 1), 2, 'the old connection is gone, and was replaced by one');

  const renewed = node(childUri);
  await child.plane.patch({
    kind: 'uplinkIdentity',
    entryPoint: 'web',
    certificate: renewed,
    roots: [root.certificate],
    peers: [parentUri],
  });
  const [before] = heard.heads;
  await eventually(() => heard.documents >= 3, 'the document after the child’s renewal');
  assert.notEqual(heard.heads.at(-1)?.peer.serial, before?.peer.serial);
  await settledAt(child, 1);
  assert.deepEqual(heard.failures, []);
});

test('a fresh question has a connection of now, and requests go there too', async () => {
  await using workload = await recordingEndpoint((_, response) => response.end('served'));
  await using child = await childGateway(workload.port);
  await using parent = await startGateway({ model: parentModel(child.port) });
  await exchange(parent.port, get);
  using heard = new Heard(parent.plane, questionTo(child.port, { fresh: true }));
  await eventually(() => heard.documents === 1, 'the document');
  await exchange(parent.port, get);
  assert.equal(await settledAt(child, 1), 2);
});

test('a peer that is somebody else, one that is not there, a certificate that does not load', async () => {
  await using workload = await recordingEndpoint();
  await using child = await childGateway(workload.port);
  await using parent = await startGateway({ model: nothing });
  const failure = async (question: ReturnType<typeof questionTo>) => {
    using heard = new Heard(parent.plane, question);
    await eventually(() => heard.failures.length > 0, 'a failure');
    assert.deepEqual(heard.heads, []);
    return heard.failures[0];
  };
  const other = 'spiffe://mesh/child/vm-9';
  assert.match(
    (await failure(questionTo(child.port, { transport: childTransport({ peerUri: other }) }))) ?? '',
    /^endpoint\.tls identity\.unexpected-peer: expected spiffe:\/\/mesh\/child\/vm-9, found /,
  );
  assert.equal(await failure(questionTo(1)), 'endpoint.dial ECONNREFUSED');
  const broken = childTransport({ certificate: { cert: 'x', key: 'y' } });
  assert.match((await failure(questionTo(child.port, { transport: broken }))) ?? '', /^endpoint\.tls /);
  await settledAt(child, 0);
});
