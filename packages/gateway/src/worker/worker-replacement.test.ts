import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selfSigned } from '../testing/certificates.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually, within } from '../testing/eventually.ts';
import { startGateway, type TestGateway } from '../testing/gateway.ts';
import { endpointModel, modelOf } from '../testing/models.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';
import { uplinkModel } from '../testing/uplinks.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const named = (name: string) => recordingEndpoint((_, response) => response.end(name));

/** Kills the one worker and resolves when the main process knows. */
async function killed(gateway: TestGateway): Promise<void> {
  const [worker] = (await gateway.plane.stats()).workers;
  process.kill((worker as { pid: number }).pid, 'SIGKILL');
  while ((await gateway.plane.stats()).workers[0]?.restarts !== 1) await new Promise(setImmediate);
}

async function answer(gateway: TestGateway): Promise<string> {
  using client = await rawClient(gateway.port);
  client.send(get);
  return (await client.response()).body.toString();
}

test('of the patches sent while a worker is replaced the newest wins', async () => {
  await using a = await named('a');
  await using b = await named('b');
  await using gateway = await startGateway({ workers: 1, ports: [a.port] });
  await killed(gateway);
  let served = false;
  const first = answer(gateway).then(() => {
    served = true;
  });
  let sent = 0;
  const patch = (port: number) =>
    gateway.plane.patch({ kind: 'endpoints', service: ['s', 'file'], endpoints: [endpointModel(port)] });
  while (!served) {
    await patch(sent++ % 2 === 0 ? b.port : a.port);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await first;
  assert.ok(sent > 2);
  assert.equal(await answer(gateway), sent % 2 === 1 ? 'b' : 'a');
});

test('a model applied while the only worker is replaced is what the new one serves', async () => {
  await using before = await named('before');
  await using after = await named('after');
  await using gateway = await startGateway({ workers: 1, ports: [before.port] });
  await killed(gateway);
  await within(gateway.plane.apply(modelOf({ ports: [after.port] })), 'the model to be taken');
  assert.equal(await answer(gateway), 'after');
});

test('a model that cannot be built is refused while the only worker is replaced, and changes nothing', async () => {
  await using before = await named('before');
  await using gateway = await startGateway({ workers: 1, ports: [before.port] });
  await killed(gateway);
  const bad = { ...selfSigned('a.test'), key: selfSigned('b.test').key };
  await assert.rejects(gateway.plane.apply(modelOf({ ports: [], certificates: [bad] })), {
    code: 'model.refused',
  });
  assert.equal(await answer(gateway), 'before');
});

test('an entrypoint that a worker cannot serve is refused, its port is free again, and the next model serves', async () => {
  await using endpoint = await named('served');
  await using gateway = await startGateway({ workers: 1, ports: [endpoint.port] });
  const good = uplinkModel({ ports: [endpoint.port] });
  const [web] = gateway.model.entryPoints;
  const extra = { ...good.entryPoints[0]!, name: 'extra' };
  const bad = { ...extra, uplink: { ...extra.uplink!, roots: [] } };
  await assert.rejects(
    gateway.plane.apply({ ...gateway.model, entryPoints: [web!, bad] }),
    (error: Error) => {
      assert.match(error.message, /entrypoint extra cannot listen on 127\.0\.0\.1:0: .*root/);
      return (error as { code?: string }).code === 'listen.failed';
    },
  );
  assert.equal((await exchange(gateway.port, get)).body.toString(), 'served');
  await gateway.plane.apply({ ...gateway.model, entryPoints: [web!, extra] });
  assert.ok((gateway.plane.ports.get('extra') ?? 0) > 0);
});

test('a worker that stands still is seen to, though nobody asks it anything', async () => {
  await using endpoint = await named('ok');
  await using gateway = await startGateway({ workers: 1, ports: [endpoint.port] });
  const [worker] = (await gateway.plane.stats()).workers;
  process.kill((worker as { pid: number }).pid, 'SIGSTOP');
  const told = (message: string) => gateway.log.some((line) => line.message === message);
  await eventually(() => told('worker died, replacing it'), 'the worker to be replaced', 20_000);
  assert.ok(told('worker does not answer, killing it'));
  assert.equal(await within(answer(gateway), 'an answer of the new one', 10_000), 'ok');
});
