/**
 * Makes V8 collect garbage earlier in a process that serves nobody itself. Left alone it lets a reading of ten thousand routers grow
 * the heap to five times what is alive (350 to 400 MiB resident, then half of that): a seventh more CPU while such a file is
 * read keeps it below 210.
 */
import { setFlagsFromString } from 'node:v8';

/** Call it before much is allocated. V8 looks at both whenever it has collected. */
export function keepControlHeapSmall(): void {
  // The young generation stays at the 1 MiB it begins with: what is decoded lives on, and copying it twice there buys nothing.
  setFlagsFromString('--semi-space-growth-factor=1');
  // The old one is collected when it has doubled.
  setFlagsFromString('--heap-growing-percent=100');
}
