import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { rawClient } from '../testing/raw-client.ts';

/** What `list` answers to a request with this X-Forwarded-For, from a peer that is believed. */
async function statuses(list: string, forwardedFor: readonly string[], trusted = true, kind = 'ipAllowList') {
  await using endpoint = await recordingEndpoint();
  await using gateway = await gatewayFrom(
    `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: [list] } }
  middlewares: { list: { ${kind}: ${list} } }
  services:
${balancers({ s: [endpoint.port] })}
`,
    { web: { forwardedHeaders: { insecure: trusted } } },
  );
  using client = await rawClient(gateway.port);
  const answers: number[] = [];
  for (const value of forwardedFor) {
    client.send(`GET / HTTP/1.1\r\nHost: h\r\n${value === '' ? '' : `X-Forwarded-For: ${value}\r\n`}\r\n`);
    answers.push((await client.response()).status);
  }
  assert.equal(endpoint.requests.length, answers.filter((status) => status === 200).length);
  return answers;
}

describe('ipAllowList', () => {
  it('compares the peer of the connection, whatever the request says', async () => {
    assert.deepEqual(await statuses('{ sourceRange: ["127.0.0.0/8"] }', ['', '10.0.0.1']), [200, 200]);
    assert.deepEqual(await statuses('{ sourceRange: ["10.0.0.0/8"] }', ['', '10.0.0.1']), [403, 403]);
  });

  it('by depth, in the list as it came', async () => {
    const list = '{ sourceRange: ["10.0.0.0/8", "2001:db8::/32"], ipStrategy: { depth: 2 } }';
    const table: [string, number][] = [
      ['10.0.0.1, 192.0.2.1', 200],
      ['192.0.2.1, 10.0.0.1', 403],
      ['10.0.0.1', 403],
      ['', 403],
      ['2001:db8::1, x', 200],
      // Some proxies write ports.
      ['10.0.0.1:4711, x', 200],
      ['[2001:db8::1]:4711, x', 200],
      ['10.0.0.1.evil, x', 403],
    ];
    assert.deepEqual(
      await statuses(
        list,
        table.map(([value]) => value),
      ),
      table.map(([, status]) => status),
    );
  });

  it('but excludedIPs, in the list as it came', async () => {
    const list = '{ sourceRange: [10.0.0.1], ipStrategy: { excludedIPs: ["192.0.2.0/24"] } }';
    const table: [string, number][] = [
      ['10.0.0.1, 192.0.2.1, 192.0.2.9', 200],
      ['10.0.0.1', 200],
      ['10.0.0.1, 10.0.0.2, 192.0.2.1', 403],
      ['192.0.2.1', 403],
      ['', 403],
    ];
    assert.deepEqual(
      await statuses(
        list,
        table.map(([value]) => value),
      ),
      table.map(([, status]) => status),
    );
  });

  it('believes nothing of a peer that is not trusted', async () => {
    const list = '{ sourceRange: ["10.0.0.0/8"], ipStrategy: { depth: 1 } }';
    assert.deepEqual(await statuses(list, ['10.0.0.1'], false), [403]);
  });

  it('answers as it is told, and to its older name', async () => {
    assert.deepEqual(await statuses('{ sourceRange: [10.0.0.1], rejectStatusCode: 404 }', ['']), [404]);
    assert.deepEqual(await statuses('{ sourceRange: [10.0.0.1] }', [''], true, 'ipWhiteList'), [403]);
    assert.deepEqual(await statuses('{ sourceRange: [127.0.0.1] }', [''], true, 'ipWhiteList'), [200]);
  });
});
