import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { sniffContentType } from '../http/sniff-content-type.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { exchange } from '../testing/raw-client.ts';

/** Go's own table, and one of each signature. */
const sniffed: readonly (readonly [body: string, type: string])[] = [
  ['', 'text/plain; charset=utf-8'],
  ['\x01\x02\x03', 'application/octet-stream'],
  ['<HtMl><bOdY>blah blah blah</body></html>', 'text/html; charset=utf-8'],
  ['<HTML></HTML>', 'text/html; charset=utf-8'],
  ['   <!DOCTYPE HTML>...', 'text/html; charset=utf-8'],
  ['\n<?xml!', 'text/xml; charset=utf-8'],
  ['<bodyx>', 'text/plain; charset=utf-8'],
  ['<body', 'text/plain; charset=utf-8'],
  ['<!-- x', 'text/html; charset=utf-8'],
  ['%PDF-1.7', 'application/pdf'],
  ['%!PS-Adobe-3', 'application/postscript'],
  ['\xfe\xff\0a', 'text/plain; charset=utf-16be'],
  ['\xff\xfea\0', 'text/plain; charset=utf-16le'],
  ['\xef\xbb\xbfa\x01', 'text/plain; charset=utf-8'],
  ['\0\0\x01\0', 'image/x-icon'],
  ['GIF89a...', 'image/gif'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['RIFF\0\0\0\0WEBPVP8 ', 'image/webp'],
  ['RIFFb\xb8\x00\x00WAVEfmt \x12\x00\x00\x00\x06', 'audio/wave'],
  ['RIFF,O\n\x00AVI LISTÀ', 'video/avi'],
  ['FORM\0\0\0\0AIFF', 'audio/aiff'],
  ['MThd\0\0\0\x06\0\x01', 'audio/midi'],
  ['ID3\x03', 'audio/mpeg'],
  ['OggS\0', 'application/ogg'],
  ['\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'video/mp4'],
  ['\0\0\0\x18ftyp3gp4\0\0\0\x003gp4isom', 'application/octet-stream'],
  ['\x1a\x45\xdf\xa3', 'video/webm'],
  [`${'\0'.repeat(34)}LP`, 'application/vnd.ms-fontobject'],
  ['\0\x01\0\0', 'font/ttf'],
  ['wOF2', 'font/woff2'],
  ['\x1f\x8b\x08', 'application/x-gzip'],
  ['PK\x03\x04', 'application/zip'],
  ['Rar!\x1a\x07\x01\0', 'application/x-rar-compressed'],
  ['\0asm', 'application/wasm'],
  ['{"a": 1}', 'text/plain; charset=utf-8'],
  [`${'a'.repeat(512)}\x01`, 'text/plain; charset=utf-8'],
];

describe('sniffed types', () => {
  for (const [body, type] of sniffed) {
    test(`${JSON.stringify(body.slice(0, 20))} is ${type}`, () => {
      assert.equal(sniffContentType(Buffer.from(body, 'latin1')), type);
    });
  }
});

const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/typeless': (response) => response.end('<html><body>'),
  '/typed': (response) => response.setHeader('Content-Type', 'text/x-own').end('<html>'),
  '/encoded': (response) => response.setHeader('Content-Encoding', 'br').end('<html>'),
  '/empty': (response) => response.end(),
  '/none': (response) => response.writeHead(304).end(),
  '/pieces': (response) => {
    response.write('%PDF-');
    setImmediate(() => response.end('rest'));
  },
};

const types: readonly (readonly [request: string, type: string | undefined, body: string])[] = [
  ['GET /typeless', 'text/html; charset=utf-8', '<html><body>'],
  ['GET /typed', 'text/x-own', '<html>'],
  ['GET /encoded', undefined, '<html>'],
  ['GET /empty', undefined, ''],
  ['GET /none', undefined, ''],
  ['GET /pieces', 'application/pdf', '%PDF-rest'],
  ['HEAD /typeless', undefined, ''],
];

test('contentType names what comes without a type, and nothing else', async () => {
  await using endpoint = await recordingEndpoint((request, response) =>
    answers[request.url ?? '']?.(response),
  );
  const file = (options: string) => `
http:
  routers: { r: { rule: PathPrefix(\`/\`), service: s, middlewares: [m] } }
  middlewares: { m: { contentType: ${options} } }
  services:
${balancers({ s: [endpoint.port] })}
`;
  await using gateway = await gatewayFrom(file('{}'));
  for (const [request, type, body] of types) {
    const response = await exchange(gateway.port, `${request} HTTP/1.1\r\nHost: h\r\n\r\n`);
    assert.deepEqual([response.headers['content-type'], String(response.body)], [type, body], request);
  }
  await using off = await gatewayFrom(file('{ autoDetect: false }'));
  const plain = await exchange(off.port, 'GET /typeless HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal(plain.headers['content-type'], undefined);
});
