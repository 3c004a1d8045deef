/**
 * Opens many requests and lets them be slow: `trickle` reads whatever comes, `stall` stops reading after the first bytes.
 * Run: slow-clients.ts <trickle|stall> <url> <count>; prints {"open"} as more have their first bytes, and {"broken"} when told
 * to end (SIGTERM).
 */

import { once } from 'node:events';
import { connect } from 'node:net';

/** So many at a time: a thousand at once would be a test of the listening queue. */
const AT_ONCE = 32;

const [kind = '', text = '', count = ''] = process.argv.slice(2);
const url = new URL(text);
const TELL_MS = 250;
let opened = 0;
let broken = 0;

/** Resolves when the answer's first bytes are here; one that never comes counts as broken when the bench ends us. */
async function open(): Promise<void> {
  const socket = connect(Number(url.port), url.hostname);
  let gone = false;
  const lose = (): void => {
    if (!gone) broken += 1;
    gone = true;
  };
  socket.on('error', lose).on('close', lose).on('end', lose);
  socket.write(`GET ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`);
  const [begin] = (await once(socket, 'data')) as [Buffer];
  if (!begin.toString('latin1').startsWith('HTTP/1.1 200')) lose();
  opened += 1;
  if (kind === 'stall') socket.pause();
  else socket.resume();
}

process.once('SIGTERM', () => {
  console.log(JSON.stringify({ broken }));
  process.exit(0);
});

let told = 0;
setInterval(() => {
  if (opened > told) console.log(JSON.stringify({ open: opened }));
  told = opened;
}, TELL_MS);

let left = Number(count);
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (; left > 0; ) {
      left -= 1;
      await open().catch(() => {}); // counted by its close
    }
  }),
);
