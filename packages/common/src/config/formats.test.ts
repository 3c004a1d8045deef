import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formats } from './formats.ts';

const takes = (format: string, text: string) => formats[format]?.test(text);

test('the host of a URL or an address is a name or an address, and nothing that a shell reads otherwise', () => {
  for (const host of ['parent', 'a_b.example.com', 'bücher.example', '10.0.0.1', '[2001:db8::1]']) {
    assert.equal(takes('http-url', `https://${host}:8443`), true, host);
    if (!host.startsWith('b')) assert.equal(takes('uplink-address', `${host}:9443`), true, host);
  }
  for (const host of ['a;reboot', 'a`id`', 'a&b', "a'b", '$(reboot)', 'a{b}', 'a*b', 'a,b', 'a"b']) {
    assert.equal(takes('http-url', `https://${host}:8443`), false, host);
    assert.equal(takes('https-origin', `https://${host}:8443`), false, host);
    assert.equal(takes('uplink-address', `${host}:9443`), false, host);
  }
});
