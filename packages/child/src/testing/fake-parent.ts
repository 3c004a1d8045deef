/** A join listener with a real authority for tests: one child name, answers scripted by the test. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { systemClock } from '@ficus/common/clock.ts';
import { Authority } from '@ficus/pki/authority.ts';
import { createRequest, requestPin } from '@ficus/pki/csr.ts';
import { childId, parentId } from '@ficus/pki/identity.ts';
import { listenerTls, peerOf } from '@ficus/pki/tls-policy.ts';

export interface Answer {
  /** Sign and answer, refuse with a problem, or break the connection off (before or after signing: a lost reply). */
  readonly kind: 'enrol' | 'refuse' | 'lose';
  readonly code?: string;
}

export interface FakeParent extends AsyncDisposable {
  readonly url: string;
  readonly authority: Authority;
  /** One a request, in order: path, pin of the key asked for, proven peer, raw body. */
  readonly requests: readonly { path: string; keyPin: string; peer: string | undefined; body: string }[];
  /** Bytes of TLS connections that got to a handshake. */
  readonly connections: () => number;
  /** Life of the next certificates; milliseconds. */
  ttlMs: number;
  /** Answers to come; empty: `enrol`. */
  readonly script: Answer[];
}

const trustDomain = 'ficus.test';

export async function startFakeParent(
  directory: string,
  options: { readonly role?: 'parent' | 'child'; readonly child?: string } = {},
): Promise<FakeParent> {
  const { role = 'parent', child = 'vm-1' } = options;
  const authority = await Authority.open({ directory, trustDomain, clock: systemClock });
  const uri = role === 'parent' ? parentId(trustDomain, 'main') : childId(trustDomain, 'thief');
  const { key, csr } = createRequest({ uri });
  const { certificate } = await authority.issue({ csr, uri, ttlMs: 3_600_000 });
  const requests: FakeParent['requests'][number][] = [];
  const script: Answer[] = [];
  let connections = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { csr } = JSON.parse(body) as { csr: string };
    const socket = request.socket as TLSSocket;
    const peer = socket.authorized ? peerOf(socket) : undefined;
    requests.push({ path: request.url ?? '', keyPin: requestPin(csr), peer, body });
    const { kind, code = 'token.expired' } = script.shift() ?? { kind: 'enrol' };
    if (kind === 'lose') {
      socket.destroy();
      return;
    }
    if (kind === 'refuse') {
      const problem = {
        type: `urn:ficus:${code}`,
        title: code,
        status: 403,
        code,
        detail: 'too late',
        remedy: 'a new one',
      };
      response.writeHead(403, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
      return;
    }
    const issued = await authority.issue({ csr, uri: childId(trustDomain, child), ttlMs: parent.ttlMs });
    const enrolment = {
      child,
      trustDomain,
      certificate: issued.certificate,
      roots: authority.roots,
      parents: [uri],
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(enrolment));
  }

  const tls = listenerTls(
    { key, certificate: certificate + authority.roots.join(''), roots: authority.roots, alpn: ['http/1.1'] },
    'joining',
  );
  const server = createServer(tls, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.on('secureConnection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const parent: FakeParent = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authority,
    requests,
    connections: () => connections,
    ttlMs: 3_600_000,
    script,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return parent;
}
