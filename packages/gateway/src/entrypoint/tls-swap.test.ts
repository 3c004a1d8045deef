import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createSecureContext } from 'node:tls';
import type { Model } from '../model/model.ts';
import { defaultTlsOptions } from '../model/tls-models.ts';
import { selfSigned } from '../testing/certificates.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { type TlsClient, tlsClient, tlsGet, tlsModel, tlsOptions } from '../testing/tls-client.ts';
import { Certificates } from './certificates.ts';
import { DefaultCertificate } from './default-certificate.ts';

const first = selfSigned('a.test', 'b.test');
const second = selfSigned('a.test', 'b.test', 'new.test');
const options = [tlsOptions('default'), tlsOptions('one@file', { alpn: ['http/1.1'] })];

for (const workers of [0, 1])
  test(`certificates and options change under load: nothing fails, ${workers} workers`, async () => {
    await using endpoint = await recordingEndpoint();
    const hosts = { 'a.test': 'one@file' };
    const models = [
      tlsModel(endpoint.port, [first], options, hosts),
      tlsModel(endpoint.port, [second], options, hosts),
      tlsModel(endpoint.port, [second], [...options, tlsOptions('two@file', { curves: ['P-256'] })], {
        ...hosts,
        'c.test': 'two@file',
      }),
    ];
    await using gateway = await startGateway({ model: models[0]!, workers });
    let over = false;
    let served = 0;
    /** Requests of one kept connection after another, and of new ones. */
    const load = async (name: string) => {
      let client: TlsClient | undefined;
      while (!over) {
        client ??= await tlsClient(gateway.port, name);
        const kept = await client.get(name);
        const fresh = await tlsGet(gateway.port, name);
        assert.deepEqual([kept.status, fresh.status], [200, 200]);
        served += 2;
        if (kept.connection !== 'close') continue;
        client[Symbol.dispose]();
        client = undefined;
      }
      client?.[Symbol.dispose]();
    };
    const loads = ['a.test', 'b.test', 'other.test'].map(load);
    for (let i = 1; i < 20; i++) {
      await gateway.plane.apply(models[i % models.length]!);
      const before = served;
      while (served < before + 10) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    over = true;
    await Promise.all(loads);
    assert.ok(served > 190);
  });

test('connections made under terms that have changed are asked to come again; others are left alone', async () => {
  await using endpoint = await recordingEndpoint();
  const make = (more: Partial<typeof defaultTlsOptions>, hosts: Record<string, string>): Model =>
    tlsModel(endpoint.port, [first], [tlsOptions('default'), tlsOptions('one@file', more)], hosts);
  await using gateway = await startGateway({ model: make({}, { 'a.test': 'one@file' }) });
  using a = await tlsClient(gateway.port, 'a.test');
  using b = await tlsClient(gateway.port, 'b.test');
  assert.equal((await a.get('a.test')).connection, undefined);
  // A certificate is no reason.
  await gateway.plane.apply({ ...make({}, { 'a.test': 'one@file' }), certificates: [second] });
  assert.equal((await a.get('a.test')).connection, undefined);
  await gateway.plane.apply(make({ minVersion: 'TLSv1.3' }, { 'a.test': 'one@file' }));
  assert.equal((await a.get('a.test')).connection, 'close');
  assert.equal((await b.get('b.test')).connection, undefined);
  // Now its host gets others: what its connection has not is wanted.
  await gateway.plane.apply(make({}, { 'b.test': 'one@file' }));
  const answer = await b.get('b.test');
  assert.deepEqual([answer.status, answer.connection], [421, 'close']);
});

test('options that cannot be loaded change nothing', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ model: tlsModel(endpoint.port, [first], options) });
  for (const bad of [{ ciphers: ['NONSENSE'] }, { curves: ['P-1'] }]) {
    const model = tlsModel(endpoint.port, [second], [tlsOptions('default', bad)]);
    await assert.rejects(gateway.plane.apply(model), JSON.stringify(bad));
    await assert.rejects(startGateway({ model }));
  }
  assert.doesNotMatch((await tlsGet(gateway.port, 'a.test')).shown, /new\.test/);
});

test('what has been loaded is not loaded again', () => {
  const before = new Certificates({ certificates: [first] });
  const after = new Certificates({ certificates: [second, structuredClone(first)] }, before);
  const old = before.find('a.test', defaultTlsOptions);
  assert.ok(old);
  assert.notEqual(after.find('a.test', defaultTlsOptions), old);
  const again = new Certificates({ certificates: [structuredClone(first)] }, after);
  assert.equal(again.find('a.test', defaultTlsOptions), old);
  // Roots make a context of their own, once.
  const asking = tlsOptions('x', { clientRoots: [second.cert] });
  assert.notEqual(again.find('a.test', asking), old);
  assert.equal(again.find('a.test', asking), again.find('b.test', asking));
});

for (const workers of [0, 2])
  test(`no certificate at all: one that nobody trusts, the same for all and over reloads, ${workers} workers`, async () => {
    await using endpoint = await recordingEndpoint();
    const model = tlsModel(endpoint.port, [], [tlsOptions('default')]);
    await using gateway = await startGateway({ model, workers });
    const shown = new Set<string>();
    for (let i = 0; i < 6; i++) {
      const { status, shown: name } = await tlsGet(gateway.port, 'any.test');
      assert.equal(status, 200);
      shown.add(name);
      if (i === 3) await gateway.plane.apply(model);
    }
    assert.equal(shown.size, 1);
    assert.match([...shown][0]!, /^DNS:[0-9a-f]{32}\.ficus\.default$/);
    assert.equal(gateway.log.filter(({ message }) => /nobody trusts/.test(message)).length, 1);
    // The first that is configured takes its place.
    await gateway.plane.apply(tlsModel(endpoint.port, [first], [tlsOptions('default')]));
    assert.match((await tlsGet(gateway.port, 'any.test')).shown, /a\.test/);
  });

test('the certificate of last resort: a year, remade in time, and none where none is needed', () => {
  const made = new DefaultCertificate(() => undefined);
  const model = tlsModel(1, [], [tlsOptions('default')]);
  const now = Date.UTC(2049, 6, 1);
  const pem = made.complete(model, now).tls?.defaultCertificate;
  assert.ok(pem);
  createSecureContext({ cert: pem.cert, key: pem.key });
  const certificate = new X509Certificate(pem.cert);
  assert.equal(certificate.subject, 'CN=Ficus default certificate');
  assert.equal(certificate.validToDate.getTime(), now + 365 * 86_400_000);
  assert.equal(certificate.validFromDate.getTime(), now - 3_600_000);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.equal(certificate.ca, false);
  assert.equal(made.complete(model, now + 334 * 86_400_000).tls?.defaultCertificate, pem);
  assert.notEqual(made.complete(model, now + 336 * 86_400_000).tls?.defaultCertificate, pem);
  const withOne = tlsModel(1, [first], [tlsOptions('default')]);
  assert.equal(made.complete(withOne, now), withOne);
  const clear = { ...model, entryPoints: model.entryPoints.map((each) => ({ ...each, tls: false })) };
  assert.equal(made.complete(clear, now), clear);
});
