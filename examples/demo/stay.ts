/** After the story: keeps everything running, shows the split as it changes, and says what to try. */
import type { Load } from '@ficus/test/harness/load.ts';
import type { Cast } from './cast.ts';
import { splitText } from './narrator.ts';
import { splitOf } from './phases.ts';

/** A line at least so often, and at once when the split changed. */
const quietLines = 15;

/** Resolves when `stopped` does. */
export async function stay(
  cast: Cast,
  load: Load,
  stopped: Promise<unknown>,
  write: (text: string) => void,
): Promise<void> {
  write(`
Everything keeps running. In another terminal, in this directory:

  export FICUS_SOCKET=${cast.socket}
  npx ficus status
  npx ficus uplinks
  npx ficus weight set orders vm-1=30 cluster-1=70 --reason "trying it"
  npx ficus mode set orders vm-1=active --reason "share again"
  npx ficus history
  npx ficus undo --reason "back"
  curl -i ${cast.url}/orders
  curl -i ${cast.url}/customers
  curl -i ${cast.url}/billing
  curl -X POST ${cast.prismControl}/untag -d '{"vm": "vm-billing", "key": "TraefikServiceName"}'
  curl -X POST ${cast.prismControl}/tag -d '{"vm": "vm-billing", "key": "TraefikServiceName", "value": "billing"}'

The configuration files are in ${cast.directory.path}; change one and watch.
Ctrl-C ends it all and removes that directory.

`);
  let over = false;
  const end = stopped.then(() => {
    over = true;
  });
  let last = '';
  let quiet = 0;
  load.take();
  while (!over) {
    await Promise.race([load.seen(1000), end]);
    const report = load.take();
    const split = splitText(splitOf(report, ['vm-1', 'cluster-1']));
    quiet += 1;
    const rounded = split.replace(/\.\d/g, '');
    if (rounded === last && report.failed === 0 && quiet < quietLines) continue;
    last = rounded;
    quiet = 0;
    const failed = report.failed === 0 ? '' : ` ${JSON.stringify(report.failures)}`;
    write(
      `${new Date().toISOString().slice(11, 19)}  ${split}   ${report.requests} requests, ${report.failed} failed${failed}, p50 ${report.p50Ms} ms\n`,
    );
  }
}
