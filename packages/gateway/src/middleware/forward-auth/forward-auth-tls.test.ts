import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { makeCertificate, makeTestRoot } from '@ficus/pki/testing/certificates.ts';
import { recordingEndpoint } from '../../testing/endpoints.ts';
import { balancers, gatewayFrom } from '../../testing/from-yaml.ts';
import { ask } from '../../testing/plain-clients.ts';

function file(endpoint: number, auth: number, tls: object): string {
  return `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: [a] } }
  middlewares: { a: { forwardAuth: { address: "https://localhost:${auth}", tls: ${JSON.stringify(tls)} } } }
  services:
${balancers({ s: [endpoint] })}
`;
}

test('over TLS: only a server that an authority of ours vouches for', async () => {
  const root = makeTestRoot();
  const { certificate, key } = makeCertificate({ issuer: root, uris: [], dnsNames: ['localhost'] });
  const own = makeCertificate({ issuer: root, uris: [], commonName: 'gateway' });
  const seen: string[] = [];
  const server = createServer(
    { cert: certificate, key, ca: root.certificate, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      seen.push(String((request.socket as TLSSocket).getPeerX509Certificate()?.subject));
      response.end();
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using endpoint = await recordingEndpoint();
  const status = async (tls: object) => {
    await using gateway = await gatewayFrom(file(endpoint.port, (server.address() as AddressInfo).port, tls));
    return (await ask(gateway.port, 'HTTP/1.1')).status;
  };
  assert.equal(await status({ insecureSkipVerify: false }), 500);
  assert.equal(await status({ ca: root.certificate }), 200);
  assert.equal(await status({ insecureSkipVerify: true }), 200);
  const { certificate: cert } = own;
  assert.equal(await status({ ca: root.certificate, cert, key: own.key }), 200);
  assert.match(seen.at(-1) ?? '', /gateway/);
  server.closeAllConnections();
  server.close();
});
