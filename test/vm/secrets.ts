/** Looks for a secret in a VM: who could read it, and where. */
import type { Machine } from './machine.ts';

/** Where anything could be that was not in the template; the rest of the disk is Debian's packages. */
const folders = '/boot /dev/shm /etc /home /opt /root /run /srv /tmp /usr/local /var';

/** Files that hold it and that a user of no group can read. */
export async function readableByAnybody(machine: Machine, secret: string): Promise<readonly string[]> {
  const nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups';
  return files(await machine.output(`${nobody} ${search(secret, folders)}`));
}

/** Files that hold it and that the service's user can read. */
export async function readableByFicus(machine: Machine, secret: string): Promise<readonly string[]> {
  const ficus = 'setpriv --reuid=ficus --regid=ficus --init-groups';
  return files(await machine.output(`${ficus} ${search(secret, folders)}`));
}

/** Files that hold it at all, logs and journal among them. */
export async function anywhere(machine: Machine, secret: string): Promise<readonly string[]> {
  return files(await machine.output(search(secret, folders)));
}

/** Given in two parts, so that the command itself is no find. */
function search(secret: string, where: string): string {
  const [head, tail] = [secret.slice(0, 20), secret.slice(20)];
  return `sh -c 'a=${head}; grep -rslF -D skip "$a""${tail}" ${where} || true'`;
}

function files(text: string): readonly string[] {
  return text.split('\n').filter(Boolean);
}
