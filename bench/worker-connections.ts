/** Which process of a gateway has accepted which connection, read from Linux's /proc. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Client port → the inode of the gateway's end, of established IPv4 connections to `port`; `table` as of `/proc/net/tcp`. */
export function acceptedInodes(table: string, port: number): Map<number, string> {
  const found = new Map<number, string>();
  for (const line of table.split('\n')) {
    // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …; ports are hexadecimal.
    const fields = line.trim().split(/\s+/);
    const [local, remote] = [fields[1], fields[2]].map((field) =>
      Number.parseInt(field?.split(':')[1] ?? '', 16),
    );
    if (fields[3] === '01' && local === port && remote !== undefined) found.set(remote, fields[9] ?? '');
  }
  return found;
}

/** Client port → the one of `pids` that holds the other end of that connection to `port`. */
export function holdersOf(port: number, pids: readonly number[]): Map<number, number> {
  const byInode = new Map(
    pids.flatMap((pid) =>
      readdirSync(`/proc/${pid}/fd`).map((fd) => [targetOf(`/proc/${pid}/fd/${fd}`), pid]),
    ),
  );
  const holders = new Map<number, number>();
  for (const [client, inode] of acceptedInodes(readFileSync('/proc/net/tcp', 'utf8'), port)) {
    const pid = byInode.get(`socket:[${inode}]`);
    if (pid !== undefined) holders.set(client, pid);
  }
  return holders;
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return ''; // closed between the listing and this look
  }
}
