/** Who may speak to a child's uplink: only a parent of this mesh, proven by its certificate. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { identityDirectory } from '@ficus/child/state/identity-directory.ts';
import { Authority } from '@ficus/pki/authority.ts';
import { createRequest } from '@ficus/pki/csr.ts';
import { parentId } from '@ficus/pki/identity.ts';
import { loadIdentity } from '@ficus/pki/node-identity.ts';
import { startMesh, TemporaryDirectory } from '../harness/harness.ts';

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
  const issue = async (from: Authority, uri: string) => {
    const { key, csr } = createRequest({ uri });
    return { key, cert: (await from.issue({ csr, uri, ttlMs: 3_600_000 })).certificate };
  };
  const uri = parentId(other.trustDomain, 'parent');

  const own = await Authority.open({
    directory: mesh.parent.directory.file('state/ca'),
    trustDomain: other.trustDomain,
    create: false,
  });
  assert.match(await ask(child.port, await issue(own, uri)), /^HTTP\/1\.1 200 /, 'the probe itself works');

  assert.match(await ask(child.port, {}), /^refused/, 'no certificate');
  assert.match(await ask(child.port, await issue(authority, uri)), /^refused/, 'another authority');
  const refused = /^refused|^HTTP\/1\.1 403 /;
  assert.match(await ask(child.port, { key: other.key, cert: other.certificate }), refused, 'another child');
  const strange = await issue(own, parentId(other.trustDomain, 'stranger'));
  assert.match(await ask(child.port, strange), refused, 'an unknown parent');
  assert.match(
    await ask(child.port, { ...(await issue(own, uri)), maxVersion: 'TLSv1.2' }),
    /^refused/,
    'TLS 1.2',
  );

  const log = child.process.output;
  assert.match(
    log,
    /"level":"(?:warn|info|error)"[^\n]*(?:handshake|refused|peer|certificate)/i,
    'it is logged',
  );
  assert.equal((await mesh.parent.get('/vm-1/orders')).servedBy, 'at-vm-1');
});
