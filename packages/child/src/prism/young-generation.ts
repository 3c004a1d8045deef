/**
 * Keeps V8's young generation at its size while Prism Central is looked at. What a look makes of thousands of VMs is garbage a moment
 * later: left alone, it grows from 1 MiB to some 60 for it, and stays there. Requests that come between looks may still make it grow.
 */
import { setFlagsFromString } from 'node:v8';

/** V8 looks at it whenever it has collected. */
export function holdYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** V8's own way again. */
export function releaseYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
}
