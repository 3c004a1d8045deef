/**
 * Preloaded into every process of a gateway (`NODE_OPTIONS=--import=…`): tells how long its event loop does not turn.
 * JavaScript, since stripping types would cost each process more memory than what is measured. Writes lines of
 * `<epoch ms of the window's end> <longest delay in the window, ms>` to the file `<LOOP_DELAYS>/<pid>`.
 */

import { appendFileSync } from 'node:fs';

const WINDOW_MS = 50;
/** How often the loop is looked at; a delay is what comes on top. `monitorEventLoopDelay` forgets one that a reset falls into. */
const EVERY_MS = 1;

const folder = process.env.LOOP_DELAYS;
if (folder !== undefined) {
  let last = performance.now();
  let written = last;
  let longest = 0;
  setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - EVERY_MS);
    last = now;
    if (now - written < WINDOW_MS) return;
    appendFileSync(`${folder}/${process.pid}`, `${Date.now()} ${longest.toFixed(2)}\n`);
    written = now;
    longest = 0;
  }, EVERY_MS).unref();
}
