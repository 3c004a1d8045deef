/** The scene in which a VM is tagged in Prism Central, and traffic reaches it with nobody logging in anywhere. */
import { eventually } from '@ficus/test/harness/eventually.ts';
import { get } from '@ficus/test/harness/request.ts';
import { startControl } from '@ficus/test/prism/control.ts';
import { startPrismSimulator } from '@ficus/test/prism/simulator.ts';
import type { Cast } from './cast.ts';
import { ahvYaml } from './configuration.ts';
import type { Narrator } from './narrator.ts';

/** The category that names the service a VM stands behind. */
const key = 'TraefikServiceName';

/**
 * Plays it; resolves with the time from the tag to the first answer of the VM's workload through the parent. The simulator goes
 * on until the cast ends.
 */
export async function tagVm(cast: Cast, tell: Narrator): Promise<number> {
  tell.step('a VM called vm-billing runs on AHV; Prism Central (simulated) knows it, and Ficus does not');
  await cast.startWorkload('billing');
  // All VMs of this data centre are processes of this machine.
  const prism = cast.owns(await startPrismSimulator({ vms: [{ name: 'vm-billing', address: '127.0.0.1' }] }));

  cast.prismControl = cast.owns(await startControl(prism, 0)).url;

  tell.step(
    'a child that looks into Prism Central comes up; it joins by itself, as one that cloud-init wrote',
  );
  const token = await cast.createTokenWith('ahv', ['*'], { 'prism-api-key': prism.apiKey });
  await cast.directory.write('ahv/join-token', token.token);
  const { endpoint, fingerprint } = { endpoint: prism.url, fingerprint: prism.fingerprint };
  await cast.directory.write('ahv/child.yaml', ahvYaml(cast.ports, token.caPin, { endpoint, fingerprint }));
  cast.startChild('ahv');
  await cast.connected('ahv');
  await eventually(() => prism.requests.some((one) => one.path.includes('/vms')), 15_000, 'its first look');
  const before = await get(`${cast.url}/billing`);
  tell.command(`curl ${cast.url}/billing`, `${before.status}: nobody has it yet`);

  tell.step(`vm-billing is tagged: ${key} = billing`);
  const began = performance.now();
  prism.tag('vm-billing', key, 'billing');
  await eventually(
    async () => (await get(`${cast.url}/billing`)).servedBy === 'billing',
    15_000,
    'an answer of the tagged VM',
  );
  const ms = Math.round(performance.now() - began);
  tell.command(`curl ${cast.url}/billing`, `answered ${ms} ms after the tag; the child looks every 2 s`);
  return ms;
}
