/** Reads a child's address as people write it: `host:port`, `[::1]:port`, `https://host:port`. */
import { FicusError } from '@ficus/common/errors.ts';

export const defaultUplinkPort = 9443;

export interface HostPort {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Port 9443 when none is written. Throws `child.address`. */
export function parseChildAddress(text: string): HostPort {
  const url = /^https:\/\//i.test(text) ? text : `https://${text}`;
  const parsed = text.length <= 300 && URL.canParse(url) ? new URL(url) : undefined;
  const bare =
    parsed !== undefined &&
    parsed.hostname !== '' &&
    parsed.pathname === '/' &&
    parsed.username === '' &&
    parsed.password === '' &&
    parsed.search === '' &&
    parsed.hash === '';
  if (!bare) {
    throw new FicusError(
      'child.address',
      `want host:port of the child's uplink entrypoint, found ${JSON.stringify(text.slice(0, 100))}`,
      { remedy: 'write it like vm-1.example.com:9443', status: 400 },
    );
  }
  // URL drops ":443" as the scheme's default; a person who wrote it means it.
  const port = parsed.port !== '' ? Number(parsed.port) : /:443\/?$/.test(text) ? 443 : defaultUplinkPort;
  return { host: parsed.hostname.replace(/^\[|\]$/g, ''), port };
}
