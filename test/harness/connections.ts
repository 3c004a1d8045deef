/** The TCP connections of one process, as Linux knows them. */
import { readdir, readFile, readlink } from 'node:fs/promises';

/** How many established connections `pid` has to `port` of any address. */
export async function connectionsTo(pid: number, port: number): Promise<number> {
  const own = new Set<string>();
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const link = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    if (inode !== undefined) own.add(inode);
  }
  const remote = port.toString(16).toUpperCase().padStart(4, '0');
  const established = '01';
  let count = 0;
  for (const table of ['tcp', 'tcp6']) {
    const rows = (await readFile(`/proc/${pid}/net/${table}`, 'utf8')).split('\n').slice(1);
    for (const row of rows) {
      const [, , peer, state, , , , , , inode] = row.trim().split(/\s+/);
      if (state === established && peer?.endsWith(`:${remote}`) && own.has(inode ?? '')) count++;
    }
  }
  return count;
}
