/** What a body is by its first bytes: the algorithm of https://mimesniff.spec.whatwg.org as Go's DetectContentType has it. */

/** Bytes that are looked at. */
export const sniffedBytes = 512;

/** Never fails: what nothing fits is text or `application/octet-stream`. */
export function sniffContentType(body: Buffer): string {
  const data = body.subarray(0, sniffedBytes);
  let first = 0;
  while (first < data.length && isSpace(data[first] as number)) first++;
  for (const signature of signatures) {
    const type = signature(data, first);
    if (type !== undefined) return type;
  }
  return 'application/octet-stream';
}

type Signature = (data: Buffer, firstNonSpace: number) => string | undefined;

function isSpace(byte: number): boolean {
  return byte === 0x09 || byte === 0x0a || byte === 0x0c || byte === 0x0d || byte === 0x20;
}

/** HTML is told by its first tag, in any case, with a blank or `>` behind it. */
function html(tag: string): Signature {
  return (data, first) => {
    if (data.length < first + tag.length + 1) return undefined;
    if (data.toString('latin1', first, first + tag.length).toUpperCase() !== tag) return undefined;
    const end = data[first + tag.length];
    return end === 0x20 || end === 0x3e ? 'text/html; charset=utf-8' : undefined;
  };
}

function starts(bytes: string, type: string): Signature {
  return (data) => (data.toString('latin1', 0, bytes.length) === bytes ? type : undefined);
}

/** `.` stands for any byte. */
function masked(pattern: string, type: string, skipSpace = false): Signature {
  return (data, first) => {
    const from = skipSpace ? first : 0;
    if (data.length - from < pattern.length) return undefined;
    for (let i = 0; i < pattern.length; i++) {
      const wanted = pattern.charCodeAt(i);
      if (wanted !== ANY && data[from + i] !== wanted) return undefined;
    }
    return type;
  };
}

const ANY = '.'.charCodeAt(0);

/** ISO base media: a box `ftyp` whose brands begin with `mp4`. */
const mp4: Signature = (data) => {
  if (data.length < 12 || data.toString('latin1', 4, 8) !== 'ftyp') return undefined;
  const size = data.readUInt32BE(0);
  if (data.length < size || size % 4 !== 0) return undefined;
  for (let at = 8; at + 3 <= size; at += 4) {
    // The minor version is no brand.
    if (at !== 12 && data.toString('latin1', at, at + 3) === 'mp4') return 'video/mp4';
  }
  return undefined;
};

/** Text holds no byte that is a control character of binary files. */
const text: Signature = (data, first) => {
  for (let i = first; i < data.length; i++) {
    const byte = data[i] as number;
    if (byte <= 0x08 || byte === 0x0b || (byte >= 0x0e && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f))
      return undefined;
  }
  return 'text/plain; charset=utf-8';
};

const tags =
  '<!DOCTYPE HTML,<HTML,<HEAD,<SCRIPT,<IFRAME,<H1,<DIV,<FONT,<TABLE,<A,<STYLE,<TITLE,<B,<BODY,<BR,<P,<!--'.split(
    ',',
  );

const signatures: readonly Signature[] = [
  ...tags.map(html),
  masked('<?xml', 'text/xml; charset=utf-8', true),
  starts('%PDF-', 'application/pdf'),
  starts('%!PS-Adobe-', 'application/postscript'),
  (data) =>
    data.length >= 4 && data[0] === 0xfe && data[1] === 0xff ? 'text/plain; charset=utf-16be' : undefined,
  (data) =>
    data.length >= 4 && data[0] === 0xff && data[1] === 0xfe ? 'text/plain; charset=utf-16le' : undefined,
  (data) =>
    data.length >= 4 && data.toString('latin1', 0, 3) === '\xef\xbb\xbf'
      ? 'text/plain; charset=utf-8'
      : undefined,
  starts('\x00\x00\x01\x00', 'image/x-icon'),
  starts('\x00\x00\x02\x00', 'image/x-icon'),
  starts('BM', 'image/bmp'),
  starts('GIF87a', 'image/gif'),
  starts('GIF89a', 'image/gif'),
  masked('RIFF....WEBPVP', 'image/webp'),
  starts('\x89PNG\r\n\x1a\n', 'image/png'),
  starts('\xff\xd8\xff', 'image/jpeg'),
  masked('FORM....AIFF', 'audio/aiff'),
  starts('ID3', 'audio/mpeg'),
  starts('OggS\x00', 'application/ogg'),
  starts('MThd\x00\x00\x00\x06', 'audio/midi'),
  masked('RIFF....AVI ', 'video/avi'),
  masked('RIFF....WAVE', 'audio/wave'),
  mp4,
  starts('\x1a\x45\xdf\xa3', 'video/webm'),
  (data) =>
    data.length >= 36 && data.toString('latin1', 34, 36) === 'LP'
      ? 'application/vnd.ms-fontobject'
      : undefined,
  starts('\x00\x01\x00\x00', 'font/ttf'),
  starts('OTTO', 'font/otf'),
  starts('ttcf', 'font/collection'),
  starts('wOFF', 'font/woff'),
  starts('wOF2', 'font/woff2'),
  starts('\x1f\x8b\x08', 'application/x-gzip'),
  starts('PK\x03\x04', 'application/zip'),
  starts('Rar!\x1a\x07\x00', 'application/x-rar-compressed'),
  starts('Rar!\x1a\x07\x01\x00', 'application/x-rar-compressed'),
  starts('\x00\x61\x73\x6d', 'application/wasm'),
  text,
];
