/** `npm run prism-sim`: a simulated Prism Central to try things with. */
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startControl } from './control.ts';
import { type NewVm, startPrismSimulator } from './simulator.ts';
import { type ProfileName, profileNames } from './wire/profile.ts';

const usage = `npm run prism-sim -- [options]

  --profile <name>       ${profileNames.join(', ')}; default pc.7.5
  --port <n>             default 9440
  --host <address>       default 127.0.0.1
  --control-port <n>     of the plain HTTP control on 127.0.0.1; default 9441
  --fleet <n>            so many plain VMs in ten services
  --awkward              one VM of every awkward kind
  --vms <file.json>      a list of VMs: [{"name": "vm-1", "address": "10.20.30.11", "categories": {…}}]
  --api-key <key>        default a made-up one
  --tls <variant>        good, wrong-name, expired; default good
  --faults <json>        switches to begin with: '{"rate": {"perSecond": 30}}'
`;

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: 'pc.7.5' },
    port: { type: 'string', default: '9440' },
    host: { type: 'string', default: '127.0.0.1' },
    'control-port': { type: 'string', default: '9441' },
    fleet: { type: 'string' },
    awkward: { type: 'boolean', default: false },
    vms: { type: 'string' },
    'api-key': { type: 'string' },
    tls: { type: 'string', default: 'good' },
    faults: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const profile = profileNames.find((name) => name === values.profile);
const tls = (['good', 'wrong-name', 'expired'] as const).find((name) => name === values.tls);
if (values.help || profile === undefined || tls === undefined) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}
await run(profile, tls);

async function run(name: ProfileName, variant: 'good' | 'wrong-name' | 'expired'): Promise<void> {
  const vms = values.vms === undefined ? [] : (JSON.parse(readFileSync(values.vms, 'utf8')) as NewVm[]);
  const prism = await startPrismSimulator({
    profile: name,
    tls: variant,
    port: Number(values.port),
    host: values.host,
    vms,
    ...(values['api-key'] === undefined ? {} : { apiKey: values['api-key'] }),
    ...(values.faults === undefined ? {} : { faults: JSON.parse(values.faults) as object }),
  });
  if (values.awkward) prism.awkwardFleet();
  if (values.fleet !== undefined) prism.fleet(Number(values.fleet));
  const control = await startControl(prism, Number(values['control-port']));
  const folder = await mkdtemp(join(tmpdir(), 'prism-sim-'));
  const caFile = join(folder, 'ca.pem');
  const keyFile = join(folder, 'api-key');
  await writeFile(caFile, prism.ca);
  await writeFile(keyFile, prism.apiKey, { mode: 0o600 });
  console.log(`Prism Central ${name}   ${prism.url}
VMs             ${prism.inventory.vms.size}
CA              ${caFile}
fingerprint     ${prism.fingerprint}
API key         ${prism.apiKey}   (in ${keyFile})
user            ${prism.username} / ${prism.password}
control         ${control.url}

  curl --cacert ${caFile} -H 'X-ntnx-api-key: ${prism.apiKey}' '${prism.url}/api/vmm/v4.0/ahv/config/vms?$limit=5'
  curl ${control.url}/vms -d '{"name": "vm-1", "address": "10.20.30.99"}'
  curl ${control.url}/tag -d '{"vm": "vm-1", "key": "TraefikServiceName", "value": "orders"}'
`);
  const stop = () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}
