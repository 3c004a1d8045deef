/** The parent that VMs join, and the user-data that brings them to it: what is on the host in a story. */
import type { CreatedToken, ParentStatus } from '@ficus/common/api/admin.ts';
import { freePort, type ParentProcess, startParent } from '../harness/harness.ts';

/** The host, as a VM with user-mode networking sees it. */
const hostInVm = '10.0.2.2';

/** A parent at 10.0.2.2, that serves an install bundle, and forwards every request to the uplink `orders`. */
export async function startParentForVms(bundle: string): Promise<ParentProcess> {
  const joinPort = await freePort();
  return startParent({
    static: {
      join: { address: `127.0.0.1:${joinPort}`, advertise: `https://${hostInVm}:${joinPort}` },
      install: { directory: bundle },
    },
    dynamic: {
      http: { routers: { orders: { rule: 'PathPrefix(`/`)', service: 'orders@multicluster' } } },
    },
  });
}

/** What `ficus cloud-init` prints for a child on a VM whose 9443 is at a port of this host. */
export async function userDataFor(parent: ParentProcess, child: string, uplinkPort: number): Promise<string> {
  const config = await parent.directory.write(`${child}.yaml`, {
    workloads: { orders: { url: 'http://127.0.0.1:8080' } },
  });
  const { code, stdout, stderr } = await parent.cli(
    ...['cloud-init', '--child', child, '--workloads', 'orders', '--child-config', config],
    ...['--address', `127.0.0.1:${uplinkPort}`],
  );
  if (code !== 0) throw new Error(`ficus cloud-init exited with ${code}:\n${stderr}`);
  return stdout;
}

/** The one-time token in it, which is to be worth nothing and nowhere to be read afterwards. */
export function tokenIn(userData: string): string {
  const token = /\bv1\.[0-9a-f]{16}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/.exec(userData)?.[0];
  if (token === undefined) throw new Error(`no token in the user-data:\n${userData}`);
  return token;
}

/** The state of a child's only token: `used`, `unused`, … */
export async function tokenState(parent: ParentProcess, child: string): Promise<string | undefined> {
  const { tokens } = await parent.admin<{ tokens: readonly CreatedToken[] }>('/tokens');
  return tokens.find((token) => token.child === child)?.state;
}

/** A child as the parent sees it now. */
export async function childState(
  parent: ParentProcess,
  child: string,
): Promise<ParentStatus['children'][number] | undefined> {
  return (await parent.status()).children.find(({ name }) => name === child);
}
