import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeCertificate } from '@ficus/pki/testing/certificates.ts';
import type { ConnectionFacts } from '../http/exchange.ts';
import { getHeader } from '../http/headers.ts';
import type { PeerCertificate } from '../http/peer-certificate.ts';
import { selfSigned } from '../testing/certificates.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { modelFrom } from '../testing/from-yaml.ts';
import { startGateway } from '../testing/gateway.ts';
import { fieldsOf, middlewareOf, requestHead } from '../testing/middleware-of.ts';
import { tlsClient, tlsModel, tlsOptions } from '../testing/tls-client.ts';
import { exchangeOf, passing } from './testing.ts';

const issuer: PeerCertificate = {
  der: Buffer.from('issuer'),
  subject: [['CN', 'Root']],
  issuer: [['CN', 'Root']],
  notBefore: 0,
  notAfter: 1000,
  serial: '01',
  dnsNames: [],
  emails: [],
  addresses: [],
  uris: [],
  intermediates: [],
};

const certificate: PeerCertificate = {
  ...issuer,
  der: Buffer.from('leaf'),
  subject: [
    ['DC', 'org'],
    ['DC', 'cheese'],
    ['C', 'FR'],
    ['C', 'US'],
    ['ST', 'Cheese org state'],
    ['L', 'TOULOUSE'],
    ['O', 'Cheese'],
    ['OU', 'Simple "Signing" Section'],
    ['CN', 'first'],
    ['CN', '*.cheese.org'],
    ['serialNumber', 'S1'],
  ],
  issuer: [
    ['C', 'FR'],
    ['O', ''],
    ['CN', 'Simple CA'],
  ],
  notBefore: 1_544_094_616_999,
  notAfter: 1_607_166_616_000,
  serial: 'FFFFFFFFFFFFFFFF01',
  dnsNames: ['*.cheese.org', '*.cheese.net'],
  emails: ['test@cheese.org'],
  addresses: ['10.0.1.0', '2001:db8::1'],
  uris: ['spiffe://x/y'],
  intermediates: [issuer],
};

/** The two fields as an endpoint gets them; the client sent some of its own. */
function told(yaml: string, shown: PeerCertificate | undefined): (string | undefined)[] {
  const sent = { 'X-Forwarded-Tls-Client-Cert': 'forged', 'X-Forwarded-Tls-Client-Cert-Info': 'forged' };
  const head = requestHead({ headers: fieldsOf(sent) });
  const exchange = exchangeOf(head);
  const facts: ConnectionFacts = { ...exchange.facts, peerCertificate: () => shown };
  Object.defineProperty(exchange, 'facts', { value: facts });
  middlewareOf(`passTLSClientCert: {${yaml}}`).request?.(head, exchange, passing);
  return Object.keys(sent).map((name) => getHeader(head.headers, name.toLowerCase()));
}

const every =
  'commonName: true, country: true, domainComponent: true, locality: true, organization: true, province: true, serialNumber: true';

const infos: readonly (readonly [info: string, text: string])[] = [
  [
    `subject: {${every}, organizationalUnit: true}`,
    'Subject="DC=org,DC=cheese,C=FR,C=US,ST=Cheese org state,L=TOULOUSE,O=Cheese,OU=Simple "Signing" Section,SN=S1,CN=*.cheese.org",Subject="CN=Root"',
  ],
  [`issuer: {${every}}`, 'Issuer="C=FR,CN=Simple CA",Issuer="CN=Root"'],
  ['subject: {country: true}', 'Subject="C=FR,C=US",'],
  ['notBefore: true, notAfter: true', 'NB="1544094616";NA="1607166616",NB="0";NA="1"'],
  ['serialNumber: true', 'SerialNumber="4722366482869645213441",SerialNumber="1"'],
  ['sans: true', 'SAN="*.cheese.org,*.cheese.net,test@cheese.org,10.0.1.0,2001:db8::1,spiffe://x/y",'],
  ['sans: false', ','],
];

describe('passTLSClientCert', () => {
  for (const [info, text] of infos) {
    test(info, () => {
      const [pem, found = ''] = told(`info: {${info}}`, certificate);
      assert.equal(pem, 'forged', 'from a trusted proxy, and left as it is');
      // Go's QueryEscape, which is what form data looks like.
      assert.equal(new URLSearchParams(`v=${found}`).get('v'), text);
      assert.match(found, /^[A-Za-z0-9\-_.~%+]*$/);
    });
  }

  test('the certificates themselves', () => {
    const both = `${Buffer.from('leaf').toString('base64')},${Buffer.from('issuer').toString('base64')}`;
    assert.deepEqual(told('pem: true', certificate), [both, 'forged']);
  });

  test('nothing without a certificate', () => {
    assert.deepEqual(told('pem: true, info: {sans: true}', undefined), ['forged', 'forged']);
  });

  test('over TLS: what a client claims itself is gone, what it showed arrives', async () => {
    await using endpoint = await recordingEndpoint();
    const client = makeCertificate({
      uris: ['spiffe://x/client'],
      dnsNames: ['client.test'],
      commonName: 'client',
    });
    const options = tlsOptions('default', { clientAuth: 'request' });
    const model = tlsModel(endpoint.port, [selfSigned('a.test')], [options]);
    const [made] = modelFrom(
      'http: {middlewares: {m: {passTLSClientCert: {pem: true, info: {subject: {commonName: true}, sans: true}}}}}',
    ).middlewares;
    assert.ok(made);
    const routers = model.routers.map((router) => ({ ...router, middlewares: [0] }));
    await using gateway = await startGateway({ model: { ...model, routers, middlewares: [made] } });
    using peer = await tlsClient(gateway.port, 'a.test', { cert: client.certificate, key: client.key });
    assert.equal((await peer.get('a.test')).status, 200);
    const raw = endpoint.requests[0]?.rawHeaders ?? [];
    const pem = client.certificate.replaceAll(/-----[A-Z ]+-----|\s/g, '');
    assert.equal(raw[raw.indexOf('X-Forwarded-Tls-Client-Cert') + 1], pem);
    assert.equal(
      decodeURIComponent(raw[raw.indexOf('X-Forwarded-Tls-Client-Cert-Info') + 1] ?? ''),
      'Subject="CN=client";SAN="client.test,spiffe://x/client"',
    );
  });
});
