/** TLS entrypoints: certificates by SNI, and reloaded from their files without dropping a connection. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { Authority } from '@ficus/pki/authority.ts';
import { createRequest } from '@ficus/pki/csr.ts';
import { eventually, freePort, startParent, startWorkload, TemporaryDirectory } from '../harness/harness.ts';

async function open(port: number, servername: string): Promise<TLSSocket> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  });
  await once(socket, 'secureConnect');
  return socket;
}

async function serialFor(port: number, servername: string): Promise<string> {
  const socket = await open(port, servername);
  const serial = socket.getPeerX509Certificate()?.serialNumber ?? '';
  socket.destroy();
  return serial;
}

/** One request on a connection that stays. */
async function ask(socket: TLSSocket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nhost: shop.example.com\r\n\r\n');
  const [chunk] = await once(socket, 'data');
  return String(chunk).split('\r\n')[0] ?? '';
}

test('certificates are chosen by SNI and follow their files, while connections stay', async () => {
  await using directory = await TemporaryDirectory.make('tls');
  const authority = await Authority.open({ directory: directory.file('ca'), trustDomain: 'example.com' });
  const issue = async (name: string, dnsName: string): Promise<string> => {
    const uri = `spiffe://example.com/child/${name}`;
    const { key, csr } = createRequest({ uri });
    const { certificate, serial } = await authority.issue({
      csr,
      uri,
      dnsNames: [dnsName],
      ttlMs: 3_600_000,
    });
    await directory.write(`${name}.key`, key);
    await directory.write(`${name}.pem`, certificate);
    return serial;
  };
  const shop = await issue('shop', 'shop.example.com');
  const blog = await issue('blog', 'blog.example.com');
  await using workload = await startWorkload({ name: 'shop' });
  const port = await freePort();
  const webPort = await freePort();
  await using parent = await startParent({
    mesh: false,
    static: {
      entryPoints: {
        web: { address: `127.0.0.1:${webPort}` },
        websecure: { address: `127.0.0.1:${port}`, http: { tls: {} } },
      },
    },
    web: webPort,
    dynamic: {
      http: {
        routers: { all: { rule: 'PathPrefix(`/`)', service: 'shop' } },
        services: { shop: { loadBalancer: { servers: [{ url: workload.url }] } } },
      },
      tls: {
        certificates: ['shop', 'blog'].map((name) => ({
          certFile: directory.file(`${name}.pem`),
          keyFile: directory.file(`${name}.key`),
        })),
      },
    },
  });
  assert.equal(parent.port, webPort);
  assert.equal(await serialFor(port, 'shop.example.com'), shop);
  assert.equal(await serialFor(port, 'blog.example.com'), blog);
  assert.equal(await serialFor(port, 'other.example.com'), shop, 'the first is the default');

  const kept = await open(port, 'shop.example.com');
  assert.equal(await ask(kept), 'HTTP/1.1 200 OK');
  const renewed = await issue('shop', 'shop.example.com');
  await eventually(
    async () => (await serialFor(port, 'shop.example.com')) === renewed,
    10_000,
    'the new certificate',
  );
  assert.equal(await ask(kept), 'HTTP/1.1 200 OK', 'the old connection goes on');
  kept.destroy();
});
