/** Who may speak to a child's uplink: only a parent of this mesh, proven by its certificate. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { identityDirectory } from '@ficus/child/state/identity-directory.ts';
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { Authority } from '@ficus/pki/authority.ts';
import { createRequest } from '@ficus/pki/csr.ts';
import { parentId } from '@ficus/pki/identity.ts';
import { loadIdentity } from '@ficus/pki/node-identity.ts';
import { eventually, startMesh, TemporaryDirectory } from '../harness/harness.ts';

/** The status line of the answer to a request on a TLS connection of one's own, or why there was none. */
async function ask(port: number, options: ConnectionOptions): Promise<string> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    ALPNProtocols: ['http/1.1'],
    // What is tested is the child's judgement of us, not ours of it.
    rejectUnauthorized: false,
    ...options,
  });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  let error = '';
  socket.on('error', (problem: NodeJS.ErrnoException) => {
    error = problem.code ?? problem.message;
  });
  socket.on('secureConnect', () => {
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nficus-uplink: orders\r\nconnection: close\r\n\r\n');
  });
  await new Promise((resolve) => socket.on('close', resolve));
  return text === '' ? `refused (${error})` : (text.split('\r\n')[0] ?? '');
}

test('only a parent of this mesh gets an answer', async () => {
  await using mesh = await startMesh({ children: ['vm-1', 'cluster-1'] });
  const child = mesh.child('vm-1');
  const directory = identityDirectory(mesh.child('cluster-1').directory.file('state'));
  const other = await loadIdentity(directory);
  await using elsewhere = await TemporaryDirectory.make('authority');
  const authority = await Authority.open({ directory: elsewhere.file('ca'), trustDomain: other.trustDomain });
  const issue = async (from: Authority, uri: string, ttlMs = 3_600_000) => {
    const { key, csr } = createRequest({ uri });
    return { key, cert: (await from.issue({ csr, uri, ttlMs })).certificate };
  };
  const uri = parentId(other.trustDomain, 'parent');

  const openOwn = (clock: Clock) =>
    Authority.open({
      directory: mesh.parent.directory.file('state/ca'),
      trustDomain: other.trustDomain,
      create: false,
      clock,
    });
  const own = await openOwn(systemClock);
  const aMinuteAgo = await openOwn({ ...systemClock, now: () => Date.now() - 60_000 });
  assert.match(await ask(child.port, await issue(own, uri)), /^HTTP\/1\.1 200 /, 'the probe itself works');

  /** Refused each time, and logged anew: one line a second for each code, so it may take another try. */
  const refused = async (who: string, options: ConnectionOptions, answer: RegExp, line: object) => {
    const before = child.process.output.length;
    await eventually(
      async () => {
        assert.match(await ask(child.port, options), answer, who);
        return logged(child.process.output.slice(before), line);
      },
      5000,
      `${who} to be logged as ${JSON.stringify(line)}`,
    );
  };
  const handshakes: [string, ConnectionOptions, object][] = [
    ['no certificate', {}, { detail: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE from 127.0.0.1' }],
    ['another authority', await issue(authority, uri), { detail: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }],
    ['an expired certificate', await issue(aMinuteAgo, uri, 1000), { detail: 'CERT_HAS_EXPIRED' }],
    [
      'TLS 1.2',
      { ...(await issue(own, uri)), maxVersion: 'TLSv1.2' },
      { detail: 'ERR_SSL_UNSUPPORTED_PROTOCOL from 127.0.0.1' },
    ],
  ];
  for (const [who, options, more] of handshakes) {
    const line = { msg: 'connection refused', code: 'tls.handshake', ...more };
    await refused(who, options, /^refused/, line);
  }
  const stranger = parentId(other.trustDomain, 'stranger');
  const forbidden: [string, ConnectionOptions, string][] = [
    ['another child', { key: other.key, cert: other.certificate }, other.uri],
    ['an unknown parent', await issue(own, stranger), stranger],
  ];
  for (const [who, options, peer] of forbidden) {
    const line = { msg: 'request refused', code: 'uplink.forbidden', peer };
    await refused(who, options, /^HTTP\/1\.1 403 /, line);
  }
  assert.equal((await mesh.parent.get('/vm-1/orders')).servedBy, 'at-vm-1');
});

/** Whether one of the log's lines has all these fields. */
function logged(output: string, fields: object): boolean {
  return output
    .split('\n')
    .filter((text) => text.startsWith('{') && text.endsWith('}'))
    .map((text) => JSON.parse(text) as Record<string, unknown>)
    .some((line) => Object.entries(fields).every(([name, value]) => line[name] === value));
}
