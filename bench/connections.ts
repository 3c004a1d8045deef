/** Which TCP connections there are on this machine, read from Linux's /proc. */

import { readFileSync } from 'node:fs';

const ESTABLISHED = '01';

/** Established connections of this machine to `port` on an IPv4 address, counted at the end that dialled. */
export function connectionsTo(port: number): number {
  return countConnections(readFileSync('/proc/net/tcp', 'utf8'), port);
}

/** Counts the lines of a `/proc/net/tcp` (see proc(5)) that are established and whose remote port is `port`. */
export function countConnections(table: string, port: number): number {
  return table.split('\n').filter((line) => {
    // sl local_address rem_address st …; ports are hexadecimal.
    const [, , remote = '', state] = line.trim().split(/\s+/);
    const hex = /^[0-9A-F]{8}:([0-9A-F]{4})$/.exec(remote)?.[1];
    return state === ESTABLISHED && hex !== undefined && Number.parseInt(hex, 16) === port;
  }).length;
}
