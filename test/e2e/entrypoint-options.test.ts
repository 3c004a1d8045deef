/** Entrypoint options in real processes with workers: redirections, and the PROXY protocol in and out. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { eventually, freePort, send, startParent, startWorkload } from '../harness/harness.ts';

/** What one connection is answered that says `text` and waits for the end. */
async function said(port: number, text: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

const get = (host: string) => `GET /headers HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

test('redirections, and clients announced through two gateways, with worker processes', async () => {
  await using workload = await startWorkload({ name: 'shop' });
  const [web, secure, outer, inner] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const believed = { proxyProtocol: { trustedIPs: ['127.0.0.1/32'] } };
  await using parent = await startParent({
    mesh: false,
    workers: 2,
    web,
    static: {
      entryPoints: {
        web: {
          address: `127.0.0.1:${web}`,
          http: { redirections: { entryPoint: { to: 'websecure' } } },
        },
        websecure: { address: `127.0.0.1:${secure}` },
        outer: { address: `127.0.0.1:${outer}`, ...believed },
        inner: { address: `127.0.0.1:${inner}`, ...believed },
      },
    },
    dynamic: {
      http: {
        routers: {
          outer: { rule: 'Host(`outer.example`)', entryPoints: ['outer'], service: 'inner' },
          inner: { rule: 'PathPrefix(`/`)', entryPoints: ['inner', 'web', 'websecure'], service: 'shop' },
        },
        services: {
          inner: {
            loadBalancer: {
              serversTransport: 'announced',
              servers: [{ url: `http://127.0.0.1:${inner}` }],
            },
          },
          shop: { loadBalancer: { servers: [{ url: workload.url }] } },
        },
        serversTransports: { announced: { proxyProtocol: { version: 2 } } },
      },
    },
  });

  const headers = { host: `shop.example:${web}` };
  const moved = await send(`${parent.url}/a?b=1`, { headers });
  assert.deepEqual([moved.status, moved.headers['location']], [301, `https://shop.example:${secure}/a?b=1`]);
  const posted = await send(`${parent.url}/a`, { method: 'POST', headers, body: 'x' });
  assert.deepEqual([posted.status, posted.headers['location']], [308, `https://shop.example:${secure}/a`]);

  for (const [family, address] of [
    ['TCP4', '192.0.2.7'],
    ['TCP6', '2001:db8::7'],
  ]) {
    const header = `PROXY ${family} ${address} ${family === 'TCP4' ? '198.51.100.1' : '::1'} 4711 80\r\n`;
    // Every worker has the entrypoint: ask often enough to meet them all.
    for (let i = 0; i < 8; i++) {
      const answer = await said(outer, header + get('outer.example'));
      assert.match(answer, /^HTTP\/1\.1 200/);
      const seen = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)).headers;
      assert.equal(seen['x-forwarded-for'], address);
      assert.equal(seen['x-real-ip'], address);
    }
  }
  const own = await said(outer, get('outer.example'));
  assert.match(own, /"x-forwarded-for":"127\.0\.0\.1"/);
  assert.equal(await said(outer, 'PROXY TCP4 nonsense\r\n'), '');
  await eventually(() => parent.process.output.includes('PROXY header'), 10_000, 'the refusal in the log');
});
