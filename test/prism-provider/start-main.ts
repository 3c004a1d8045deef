/** Starts a provider and says what it found: `start-main.ts <endpoint> <key> <directory>`. */
import { join } from 'node:path';
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
console.log(`${machines} machines`);
provider.close();
