import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionFacts } from '../http/exchange.ts';
import { limits } from '../testing/models.ts';
import { RequestReader } from './request-reader.ts';

const facts: ConnectionFacts = {
  ...{ entryPoint: 'web', peerAddress: '10.0.0.1', peerPort: 1, secure: false },
  ...{ localAddress: '10.0.0.2', localPort: 80 },
  ...{ peerUri: '', peerAllowed: true, peerNotAfter: Number.POSITIVE_INFINITY, trusted: false },
  ...{ serverName: '', tlsOptions: '', peerCertificate: () => undefined },
};
const get = 'GET /a HTTP/1.1\r\nHost: h\r\n\r\n';

/** What comes of `pieces`: the path of a request or the code of its refusal. */
function read(pieces: readonly string[]): string {
  const reader = new RequestReader(limits);
  for (const piece of pieces) {
    reader.push(Buffer.from(piece, 'latin1'));
    const result = reader.readHead(facts);
    if (result !== undefined) return 'code' in result ? result.code : result.request.path;
  }
  return 'incomplete';
}

for (const [lines, outcome] of [
  ['\r\n', '/a'],
  ['\r\n\r\n', 'request.malformed'],
] as const) {
  test(`empty lines before a request, ${lines.length / 2} of them: the same in one piece and in many`, () => {
    assert.equal(read([lines + get]), outcome);
    assert.equal(read([...(lines.match(/\r\n/g) ?? []), get]), outcome);
    assert.equal(read([...(lines + get)]), outcome);
  });
}
