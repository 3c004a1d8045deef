/** Odd requests that are served, with the reason why that is safe. */

const get = (fields: string) => `GET /evil HTTP/1.1\r\nHost: h\r\n${fields}\r\n\r\n`;
const post = (fields: string, body: string) => `POST /evil HTTP/1.1\r\nHost: h\r\n${fields}\r\n\r\n${body}`;
const line = (text: string) => `${text}\r\nHost: h\r\n\r\n`;
const chunkedField = 'Transfer-Encoding: chunked';

/** Served, with why that is safe; `path` and `body` are what the endpoint must have got. */
export const accepted: readonly { why: string; request: string; path: string; body: string }[] = [
  {
    why: 'leading zeros: written again as a canonical number',
    request: post('Content-Length: 003', 'abc'),
    path: '/evil',
    body: 'abc',
  },
  {
    why: 'any case of chunked: RFC 9112 §7',
    request: post('transfer-encoding: ChUnKeD', '3\r\nabc\r\n0\r\n\r\n'),
    path: '/evil',
    body: 'abc',
  },
  {
    why: 'tab around a value: optional whitespace, trimmed',
    request: post('Transfer-Encoding:\tchunked\t', '3\r\nabc\r\n0\r\n\r\n'),
    path: '/evil',
    body: 'abc',
  },
  {
    why: 'chunk extensions: dropped, chunks are written again',
    request: post(chunkedField, '3;a="b"\r\nabc\r\n0;c\r\n\r\n'),
    path: '/evil',
    body: 'abc',
  },
  {
    why: 'leading zeros in a chunk size: chunks are written again',
    request: post(chunkedField, '0003\r\nabc\r\n00\r\n\r\n'),
    path: '/evil',
    body: 'abc',
  },
  { why: 'one empty line first: RFC 9112 §2.2', request: `\r\n${get('A: b')}`, path: '/evil', body: '' },
  {
    why: 'GET with a body: forwarded with exact framing',
    request: `GET /evil HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc`,
    path: '/evil',
    body: 'abc',
  },
  {
    why: 'Content_Length is another field, and stays behind',
    request: get('Content_Length: 5'),
    path: '/evil',
    body: '',
  },
  {
    why: 'Transfer_Encoding is another field, and stays behind',
    request: get('Transfer_Encoding: chunked'),
    path: '/evil',
    body: '',
  },
  {
    why: 'Connection cannot name Content-Length away',
    request: post('Connection: content-length, host\r\nContent-Length: 3', 'abc'),
    path: '/evil',
    body: 'abc',
  },
  { why: 'empty value', request: get('A:'), path: '/evil', body: '' },
  { why: 'obs-text in a value: passed as bytes', request: get('A: \xe9\xff'), path: '/evil', body: '' },
  {
    why: 'Host of an absolute target wins',
    request: 'GET http://h/evil HTTP/1.1\r\nHost: other\r\n\r\n',
    path: '/evil',
    body: '',
  },
  {
    why: 'dot segments are resolved once, and that is forwarded',
    request: 'GET /a/../evil HTTP/1.1\r\nHost: h\r\n\r\n',
    path: '/evil',
    body: '',
  },
  {
    why: 'a method beyond the usual ones',
    request: line('PROPFIND /evil HTTP/1.1'),
    path: '/evil',
    body: '',
  },
];
