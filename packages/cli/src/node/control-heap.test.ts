import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

/** Peak resident memory, MiB, of a process of whose garbage much lives long enough to be promoted. */
function peakOf(begin: string): number {
  const churn = `${begin}
    const alive = new Array(200_000);
    for (let i = 0; i < 6_000_000; i++) alive[i % alive.length] = { at: i, path: ['http', 'routers', i] };
    console.log(process.resourceUsage().maxRSS / 1024);`;
  const args = ['--conditions=source', '--input-type=module', '--eval', churn];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

test('what is read and thrown away does not make the process large', () => {
  const url = new URL('./control-heap.ts', import.meta.url).href;
  const without = peakOf(`await import('${url}');`);
  const small = peakOf(`(await import('${url}')).keepControlHeapSmall();`);
  assert.ok(small < without * 0.75, `${small} MiB instead of ${without}`);
});
