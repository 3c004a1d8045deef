/** TLS options of a file: client certificates for one host of two, nobody gets past them, and a file without any certificate. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectClear, type Socket } from 'node:net';
import { test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { makeCertificate, makeTestRoot } from '@ficus/pki/testing/certificates.ts';
import { freePort, startParent, startWorkload, TemporaryDirectory } from '../harness/harness.ts';

/** First line of the answer to a request for `host` over `socket`, or what went wrong. */
async function answer(socket: Socket, host: string): Promise<string> {
  const closed = once(socket, 'close').then(() => 'failed: closed');
  socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  const line = once(socket, 'data').then(([chunk]) => String(chunk).split('\r\n')[0] ?? '');
  try {
    return await Promise.race([line, closed]);
  } catch (error) {
    return `failed: ${(error as NodeJS.ErrnoException).code}`;
  } finally {
    socket.destroy();
  }
}

const host127 = '127.0.0.1';

function ask(port: number, name: string, host: string, more: ConnectionOptions = {}): Promise<string> {
  return answer(connect({ host: host127, port, servername: name, rejectUnauthorized: false, ...more }), host);
}

test('client certificates for one host, by a file of Traefik’s that has no certificate of its own', async () => {
  await using directory = await TemporaryDirectory.make('tls-options');
  const root = makeTestRoot();
  const staff = makeCertificate({ issuer: root, uris: [], commonName: 'staff' });
  const stranger = makeCertificate({ uris: [], commonName: 'stranger' });
  await directory.write('staff-ca.pem', root.certificate);
  await using workload = await startWorkload({ name: 'shop' });
  const [webPort, port] = [await freePort(), await freePort()];
  await using parent = await startParent({
    mesh: false,
    static: {
      entryPoints: {
        web: { address: `127.0.0.1:${webPort}` },
        websecure: { address: `127.0.0.1:${port}` },
      },
    },
    web: webPort,
    dynamic: {
      http: {
        routers: {
          intranet: {
            rule: 'Host(`intranet.test`)',
            entryPoints: ['websecure'],
            service: 'shop',
            tls: { options: 'staff' },
          },
          shop: { rule: 'Host(`shop.test`)', entryPoints: ['websecure'], service: 'shop', tls: {} },
          // Beside them in the clear, as Traefik allows.
          plain: { rule: 'Host(`plain.test`)', entryPoints: ['web', 'websecure'], service: 'shop' },
        },
        services: { shop: { loadBalancer: { servers: [{ url: workload.url }] } } },
      },
      tls: {
        options: {
          staff: { clientAuth: { caFiles: [directory.file('staff-ca.pem')] }, minVersion: 'VersionTLS13' },
        },
      },
    },
  });
  assert.equal(parent.port, webPort);
  const [good, bad] = [staff, stranger].map(({ certificate, key }) => ({ cert: certificate, key }));
  assert.equal(await ask(port, 'shop.test', 'shop.test'), 'HTTP/1.1 200 OK');
  assert.equal(await ask(port, 'intranet.test', 'intranet.test', good), 'HTTP/1.1 200 OK');
  assert.match(await ask(port, 'intranet.test', 'intranet.test'), /^failed/);
  assert.match(await ask(port, 'intranet.test', 'intranet.test', bad), /^failed/);
  assert.match(
    await ask(port, 'intranet.test', 'intranet.test', { ...good, maxVersion: 'TLSv1.2' }),
    /^failed/,
  );
  // By the other door, with whatever certificate: nobody asked for it there.
  assert.equal(await ask(port, 'shop.test', 'intranet.test', good), 'HTTP/1.1 421 Misdirected Request');
  assert.equal(await ask(port, 'plain.test', 'plain.test'), 'HTTP/1.1 404 Not Found');
  for (const at of [webPort, port])
    assert.equal(await answer(connectClear({ host: host127, port: at }), 'plain.test'), 'HTTP/1.1 200 OK');
  assert.equal(
    await answer(connectClear({ host: host127, port }), 'intranet.test'),
    'HTTP/1.1 404 Not Found',
  );
});
