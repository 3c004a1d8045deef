/** Starts a provider and says what it found, and how large V8's young generation is: `start-main.ts <endpoint> <key> <directory>`. */
import { join } from 'node:path';
import { getHeapSpaceStatistics } from 'node:v8';
import { completePrism } from '@ficus/child/prism/config.ts';
import { prismProvider } from '@ficus/child/prism/prism-provider.ts';
import { systemClock } from '@ficus/common/clock.ts';
import { createLog } from '@ficus/common/log.ts';

const [, , endpoint = '', apiKey = '', directory = ''] = process.argv;
const config = completePrism({ endpoint, apiKey, tls: { ca: join(directory, 'ca.pem') } }, directory);
const log = createLog({ level: 'silent' });
const provider = prismProvider({ config, stateDirectory: directory, clock: systemClock, log });
let machines = 0;
await provider.start({
  found: () => {},
  state: (state) => {
    machines = state.machines;
  },
});
const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
console.log(`${machines} machines, ${Math.round((young?.physical_space_size ?? 0) / 1_048_576)} MiB young`);
provider.close();
