import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mostHeaderBytes, type ProxyHeader, readProxyHeader } from './proxy-header.ts';
import { proxyHeader } from './proxy-header-writer.ts';
import { crc32c } from './proxy-tlvs.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const signature = bytes('\r\n\r\n\0\r\nQUIT\n');
const ipv4 = [192, 0, 2, 7, 198, 51, 100, 1, 0x30, 0x39, 0, 80];

/** Version 2: command, family and protocol, addresses, TLVs. */
function v2(command: number, family: number, ...rest: readonly number[]): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(rest.length);
  return Buffer.concat([signature, Buffer.from([command, family]), length, Buffer.from(rest)]);
}

function tlv(type: number, ...value: readonly number[]): number[] {
  return [type, value.length >> 8, value.length & 255, ...value];
}

const headers: readonly (readonly [string, Buffer, string | undefined])[] = [
  ['TCP4', bytes('PROXY TCP4 192.0.2.7 198.51.100.1 12345 80\r\n'), '192.0.2.7 12345 198.51.100.1 80'],
  ['TCP6', bytes('PROXY TCP6 2001:DB8::7 ::1 65535 0\r\n'), '2001:db8::7 65535 ::1 0'],
  ['TCP6, mapped', bytes('PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n'), '192.0.2.7 1 ::1 2'],
  ['UNKNOWN', bytes('PROXY UNKNOWN\r\n'), undefined],
  ['UNKNOWN with something', bytes('PROXY UNKNOWN ffff::1 1.2.3.4 x y z\r\n'), undefined],
  ['version 2, IPv4', v2(0x21, 0x11, ...ipv4), '192.0.2.7 12345 198.51.100.1 80'],
  [
    'version 2, IPv6',
    v2(
      0x21,
      0x21,
      0x20,
      1,
      0xd,
      0xb8,
      ...Array<number>(11).fill(0),
      7,
      ...Array<number>(15).fill(0),
      1,
      0,
      9,
      0,
      80,
    ),
    '2001:db8::7 9 ::1 80',
  ],
  [
    'version 2, TLVs',
    v2(0x21, 0x11, ...ipv4, ...tlv(4, 0, 0), ...tlv(0xea, 1)),
    '192.0.2.7 12345 198.51.100.1 80',
  ],
  ['version 2, LOCAL', v2(0x20, 0x00), undefined],
  ['version 2, LOCAL with addresses', v2(0x20, 0x11, ...ipv4), undefined],
  ['version 2, UNSPEC', v2(0x21, 0x00, ...tlv(4, 1)), undefined],
  ['version 2, UNIX', v2(0x21, 0x31, ...Array<number>(216).fill(47)), undefined],
  ['version 2, datagram', v2(0x21, 0x12, ...ipv4), undefined],
];

const refused: readonly (readonly [string, Buffer])[] = [
  ['no family', bytes('PROXY \r\n')],
  ['UDP4', bytes('PROXY UDP4 1.1.1.1 1.1.1.2 1 2\r\n')],
  ['IPv6 in TCP4', bytes('PROXY TCP4 ::1 ::1 1 2\r\n')],
  ['IPv4 in TCP6', bytes('PROXY TCP6 1.1.1.1 1.1.1.2 1 2\r\n')],
  ['a zone', bytes('PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n')],
  ['a port too large', bytes('PROXY TCP4 1.1.1.1 1.1.1.2 65536 2\r\n')],
  ['a port with zeros', bytes('PROXY TCP4 1.1.1.1 1.1.1.2 01 2\r\n')],
  ['no second port', bytes('PROXY TCP4 1.1.1.1 1.1.1.2 1\r\n')],
  ['more than ports', bytes('PROXY TCP4 1.1.1.1 1.1.1.2 1 2 3\r\n')],
  ['two spaces', bytes('PROXY  TCP4 1.1.1.1 1.1.1.2 1 2\r\n')],
  ['a leading zero', bytes('PROXY TCP4 1.1.1.01 1.1.1.2 1 2\r\n')],
  ['only LF', bytes('PROXY TCP4 1.1.1.1 1.1.1.2 1 2\n')],
  ['a CR in the middle', bytes('PROXY TCP4 1.1.1.1\r1.1.1.2 1 2\r\n'.replace('\r\n', 'x'))],
  ['a line that is too long', bytes(`PROXY UNKNOWN ${'x'.repeat(100)}\r\n`)],
  ['version 3', v2(0x31, 0x11, ...ipv4)],
  ['command 2', v2(0x22, 0x11, ...ipv4)],
  ['family 4', v2(0x21, 0x41, ...ipv4)],
  ['protocol 3', v2(0x21, 0x13, ...ipv4)],
  ['too short', v2(0x21, 0x11, ...ipv4.slice(0, 11))],
  ['a TLV cut short', v2(0x21, 0x11, ...ipv4, 4, 0)],
  ['a TLV longer than the header', v2(0x21, 0x11, ...ipv4, 4, 0, 2, 1)],
  ['a wrong checksum', v2(0x21, 0x11, ...ipv4, ...tlv(3, 1, 2, 3, 4))],
  ['a checksum of 2 bytes', v2(0x21, 0x11, ...ipv4, ...tlv(3, 1, 2))],
  ['more than the cap', Buffer.concat([signature, Buffer.from([0x21, 0x11, 0xff, 0xff])])],
];

function shown(read: ProxyHeader): string | undefined {
  const { client, destination } = read;
  if (client === undefined || destination === undefined) return undefined;
  return `${client.address} ${client.port} ${destination.address} ${destination.port}`;
}

describe('PROXY header', () => {
  for (const [name, header, expected] of headers) {
    it(`${name}: read alone, before other bytes, and byte by byte`, () => {
      const read = readProxyHeader(Buffer.concat([header, bytes('GET / HTTP/1.1\r\n')]));
      assert.ok(typeof read !== 'string' && 'length' in read, JSON.stringify(read));
      assert.equal(read.length, header.length);
      assert.equal(shown(read), expected);
      for (let i = 0; i < header.length; i++)
        assert.equal(readProxyHeader(header.subarray(0, i)), 'more', `${i}`);
      assert.deepEqual(readProxyHeader(header), read);
    });
  }

  for (const [name, header] of refused) {
    it(`${name}: refused`, () => {
      const read = readProxyHeader(header);
      assert.ok(typeof read !== 'string' && 'malformed' in read, JSON.stringify(read));
    });
  }

  for (const text of [
    'GET / HTTP/1.1\r\n',
    'POST /',
    'PRI * HTTP/2.0',
    'PROPFIND /',
    'proxy TCP4',
    '\x16\x03\x01',
    '\r\nGET',
    '\r\n\r\n\0\r\nQUIX',
  ])
    it(`${JSON.stringify(text)} is none`, () => assert.equal(readProxyHeader(bytes(text)), 'none'));

  it('a checksum that is right is taken', () => {
    const header = v2(0x21, 0x11, ...ipv4, ...tlv(3, 0, 0, 0, 0), ...tlv(4, 9));
    const at = 16 + 12 + 3;
    header.writeUInt32BE(crc32c(header, at), at);
    assert.equal(shown(readProxyHeader(header) as ProxyHeader), '192.0.2.7 12345 198.51.100.1 80');
    // The check value of CRC-32C.
    assert.equal(crc32c(bytes('123456789'), 9), 0xe3069283);
  });

  it('any bytes: never throws, never reads past the cap, and says the same however they are split', () => {
    const start = fc.constantFrom(
      Buffer.alloc(0),
      bytes('PROXY '),
      bytes('PROXY TCP4 '),
      signature,
      Buffer.concat([signature, Buffer.from([0x21, 0x11, 0, 12])]),
      Buffer.concat([signature, Buffer.from([0x21, 0x21, 0, 60])]),
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (before, after) => {
        const all = Buffer.concat([before, after]);
        let settled: unknown;
        for (let i = 0; i <= all.length; i++) {
          const read = readProxyHeader(all.subarray(0, i));
          if (typeof read === 'object' && 'length' in read) {
            assert.ok(read.length <= i && read.length <= mostHeaderBytes);
          }
          if (settled !== undefined) assert.deepEqual(kind(read), settled);
          else if (read !== 'more') settled = kind(read);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('what is written is read as it was meant', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((text) => !/^(0*:)*:?(0*:)*ffff:/i.test(text)),
    );
    const port = fc.nat({ max: 65535 });
    fc.assert(
      fc.property(
        fc.constantFrom(1 as const, 2 as const),
        address,
        port,
        address,
        port,
        (version, a, ap, b, bp) => {
          const ends = { peerAddress: a, peerPort: ap, localAddress: b, localPort: bp };
          const header = proxyHeader(version, ends);
          const read = readProxyHeader(header);
          assert.ok(typeof read === 'object' && 'length' in read, JSON.stringify(read));
          assert.equal(read.length, header.length);
          assert.equal(read.client?.port, ap);
          assert.equal(read.destination?.port, bp);
          if (!a.includes(':')) assert.equal(read.client?.address, a);
          if (!b.includes(':')) assert.equal(read.destination?.address, b);
        },
      ),
    );
  });

  it("the gateway's own connections are LOCAL or UNKNOWN", () => {
    assert.equal(proxyHeader(1, undefined).toString(), 'PROXY UNKNOWN\r\n');
    for (const version of [1, 2] as const) {
      const read = readProxyHeader(proxyHeader(version, undefined)) as ProxyHeader;
      assert.equal(read.client, undefined);
      assert.equal(read.length, proxyHeader(version, undefined).length);
    }
  });
});

function kind(read: ReturnType<typeof readProxyHeader>): unknown {
  return typeof read === 'object' && 'malformed' in read ? 'malformed' : read;
}
