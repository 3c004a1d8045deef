import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { prepareRequestHeaders } from '../../http/forwarded.ts';
import type { RequestHead } from '../../http/message.ts';
import type { HashKey } from '../../model/service/models.ts';
import { compileTrust } from '../../net/cidr.ts';
import { requestHead } from '../../testing/picks.ts';
import { forwardedClient } from './forwarded-client.ts';
import { hashKeyText } from './hash-key.ts';

/** A request as it is after an entrypoint that trusts `trustedIPs` has seen it. */
function received(
  peer: string,
  forwardedFor: string | undefined,
  trustedIPs: readonly string[],
  more = {},
): RequestHead {
  const fields =
    forwardedFor === undefined ? {} : { 'X-Forwarded-For': forwardedFor, 'X-Real-Ip': '203.0.113.66' };
  const head = requestHead(fields, { clientAddress: peer });
  const trusts = compileTrust({ insecure: false, trustedIPs });
  prepareRequestHeaders(
    head,
    { trusted: trusts(peer), trusts, peerAddress: peer, secure: false, ...more },
    '',
    'gw',
  );
  return head;
}

const proxies = ['10.0.0.0/8'];
const clients: readonly (readonly [what: string, peer: string, list: string | undefined, client: string])[] =
  [
    ['no proxy', '203.0.113.1', undefined, '203.0.113.1'],
    ['a client that lies', '203.0.113.1', '198.51.100.9', '203.0.113.1'],
    ['one proxy', '10.0.0.1', '203.0.113.1', '203.0.113.1'],
    ['a client that lies to a proxy', '10.0.0.1', '198.51.100.9, 203.0.113.1', '203.0.113.1'],
    ['two proxies', '10.0.0.1', '203.0.113.1, 10.0.0.2', '203.0.113.1'],
    ['a lie through two proxies', '10.0.0.1', '10.0.0.7, 203.0.113.1, 10.0.0.2', '203.0.113.1'],
    ['nothing but proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['a proxy that says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['an address whose end is the peer’s', '10.0.0.1', '203.110.0.0.1', '203.110.0.0.1'],
    ['IPv6', '10.0.0.1', '2001:db8::1,10.0.0.2', '2001:db8::1'],
    ['empty elements', '10.0.0.1', ' , 203.0.113.1 ,, ', '203.0.113.1'],
    ['what is no address', '10.0.0.1', '203.0.113.1, unknown', 'unknown'],
  ];
for (const [what, peer, list, client] of clients) {
  test(`the client behind ${what}`, () => {
    assert.equal(forwardedClient(received(peer, list, proxies)), client);
  });
}

test('the client where the peer is not added to X-Forwarded-For', () => {
  const forwarding = { connection: new Set<string>(), notAppendXForwardedFor: true };
  assert.equal(
    forwardedClient(received('10.0.0.1', '203.0.113.1, 10.0.0.2', proxies, { forwarding })),
    '203.0.113.1',
  );
  assert.equal(
    forwardedClient(received('203.0.113.1', '198.51.100.9', proxies, { forwarding })),
    '203.0.113.1',
  );
});

test('no fields of a client make it another one', () => {
  const address = fc.oneof(fc.ipV4(), fc.string({ maxLength: 20 }), fc.constantFrom('10.0.0.2', '', ','));
  fc.assert(
    fc.property(fc.array(address, { maxLength: 6 }), fc.boolean(), (lies, proxied) => {
      const said = lies.join(', ');
      const head = proxied
        ? received('10.0.0.1', `${said}, 203.0.113.1`, proxies)
        : received('203.0.113.1', said, proxies);
      assert.equal(forwardedClient(head), '203.0.113.1');
    }),
  );
});

const request = requestHead(
  { 'X-User': '7', Cookie: 'a=1; session="s 1"; b=2', 'X-Empty': '' },
  { query: 'page=2&user=8&user=9&flag' },
);
const keys: readonly (readonly [key: HashKey, text: string])[] = [
  [{ from: 'clientIP' }, '192.0.2.1'],
  [{ from: 'header', name: 'x-user' }, '7'],
  [{ from: 'header', name: 'x-none' }, '192.0.2.1'],
  [{ from: 'header', name: 'x-empty' }, '192.0.2.1'],
  [{ from: 'cookie', name: 'session' }, 's 1'],
  [{ from: 'cookie', name: 'b' }, '2'],
  [{ from: 'cookie', name: 'c' }, '192.0.2.1'],
  [{ from: 'query', name: 'user' }, '8'],
  [{ from: 'query', name: 'page' }, '2'],
  [{ from: 'query', name: 'age' }, '192.0.2.1'],
  [{ from: 'query', name: 'flag' }, '192.0.2.1'],
];
for (const [key, text] of keys) {
  test(`hashOn ${JSON.stringify(key)} is ${text}`, () => assert.equal(hashKeyText(key, request), text));
}

test('a query agrees with URLSearchParams where nothing is escaped', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word), { maxLength: 5 }), word, (pairs, name) => {
      const query = pairs.map(([key, value]) => `${key}=${value}`).join('&');
      const expected = new URLSearchParams(query).get(name) || '192.0.2.1';
      if (name !== '')
        assert.equal(hashKeyText({ from: 'query', name }, requestHead({}, { query })), expected);
    }),
  );
});
