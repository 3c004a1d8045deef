/**
 * Preloaded into every process of a gateway (`NODE_OPTIONS=--import=…`): tells how long its event loop does not turn.
 * JavaScript, since stripping types would cost each process more memory than what is measured. Writes lines of
 * `<epoch ms of the window's end> <longest delay in the window, ms> <CPU ms of the thread in the delay that had most of it>` to
 * the file `<LOOP_DELAYS>/<pid>`: the rest of a delay the thread waited for a core, or for others of its process.
 */

import { appendFileSync } from 'node:fs';

const WINDOW_MS = 50;
/** How often the loop is looked at; a delay is what comes on top. `monitorEventLoopDelay` forgets one that a reset falls into. */
const EVERY_MS = 1;

const folder = process.env.LOOP_DELAYS;
if (folder !== undefined) {
  let last = performance.now();
  let written = last;
  let lastCpu = cpuMs();
  let longest = 0;
  let busiest = 0;
  setInterval(() => {
    const now = performance.now();
    const cpu = cpuMs();
    longest = Math.max(longest, now - last - EVERY_MS);
    busiest = Math.max(busiest, cpu - lastCpu);
    last = now;
    lastCpu = cpu;
    if (now - written < WINDOW_MS) return;
    const line = `${Date.now()} ${longest.toFixed(2)} ${busiest.toFixed(2)}\n`;
    appendFileSync(`${folder}/${process.pid}`, line);
    written = now;
    longest = 0;
    busiest = 0;
  }, EVERY_MS).unref();
}

/** The main thread's own CPU time so far; helpers that collect garbage beside it are not in it. */
function cpuMs() {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
