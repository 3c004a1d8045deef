/** Addresses at the join listener: where it listens, and where a joining child is dialled. */
import { isIPv6 } from 'node:net';
import { FicusError } from '@ficus/common/errors.ts';
import { defaultUplinkPort, parseChildAddress } from '../children/address.ts';

/** `:8443`, `host:8443` or `[::1]:8443` as listen options. Throws `listen.bad-address`. */
export function parseListenAddress(text: string): { readonly host?: string; readonly port: number } {
  const [, host = '', port = ''] = /^(\[[0-9a-f:.]+\]|[^[\]:/@\s]*):(\d{1,5})$/i.exec(text) ?? [];
  if (port === '' || Number(port) > 65_535) {
    throw new FicusError(
      'listen.bad-address',
      `want host:port or :port, found ${JSON.stringify(text.slice(0, 100))}`,
      {
        remedy: 'write it like 127.0.0.1:8443 or :8443',
        status: 400,
      },
    );
  }
  const bare = host.replace(/^\[|\]$/g, '');
  return { port: Number(port), ...(bare === '' ? {} : { host: bare }) };
}

/**
 * `host:port` that the parent will dial: what the child asked for, else where it called from and port 9443.
 * Throws `child.address`.
 */
export function childAddress(asked: string | undefined, caller: string): string {
  const { host, port } =
    asked === undefined ? { host: caller, port: defaultUplinkPort } : parseChildAddress(asked);
  if (port === 0) {
    throw new FicusError('child.address', `want a port from 1 to 65535, found ${port}`, {
      status: 400,
      remedy: 'write the address like vm-1.example.com:9443',
    });
  }
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** A socket's peer as plain text: IPv4-mapped IPv6 as IPv4, without zone. */
export function plainAddress(address: string | undefined): string {
  return (address ?? 'unknown').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/** What a failed `listen` says, for people. */
export function listenError(error: unknown, what: string, address: string): FicusError {
  const { code, message } = error as NodeJS.ErrnoException;
  const remedies: Record<string, string> = {
    EADDRINUSE: 'stop the other process that listens there, or choose another address',
    EACCES: 'choose a port above 1023, or let this user bind low ports',
    EADDRNOTAVAIL: 'choose an address that this machine has',
  };
  return new FicusError(
    `${what}.listen`,
    `can't listen on ${address} for the ${what} API: ${code ?? message}`,
    {
      remedy: remedies[code ?? ''] ?? 'choose another address',
      cause: error,
    },
  );
}
