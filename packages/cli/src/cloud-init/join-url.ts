/** The join listener's URL as a new machine will reach it. */
import { isIPv6 } from 'node:net';
import type { InstallStatus } from '@ficus/common/api/install.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { usageError } from '../output/failure.ts';

/**
 * The parent's own, or `https://` and `address` (`host:port`). Throws `cloud-init.other-name` for a host that the
 * listener's certificate does not have, `cloud-init.loopback` for one that no other machine reaches.
 */
export function joinUrlFor(
  { joinUrl, names }: Pick<InstallStatus, 'joinUrl' | 'names'>,
  address?: string,
): string {
  if (address === undefined) {
    const url = new URL(joinUrl);
    if (!isLoopback(bare(url.hostname))) return url.origin;
    throw new FicusError('cloud-init.loopback', `no other machine reaches this parent at ${joinUrl}`, {
      remedy:
        'set join.advertise in parent.yaml to a URL that the machine reaches, or give --join-address host:port',
    });
  }
  const url = URL.canParse(`https://${address}`) ? new URL(`https://${address}`) : undefined;
  if (
    url === undefined ||
    !/:\d{1,5}$/.test(address) ||
    url.origin.length <= 8 ||
    `${url.pathname}${url.search}${url.hash}${url.username}` !== '/'
  ) {
    throw usageError(
      `--join-address wants host:port, got "${address}"`,
      'write it like parent.example.com:8443',
    );
  }
  const host = bare(url.hostname);
  if (names.some((name) => canonical(name) === host)) return url.origin;
  throw new FicusError(
    'cloud-init.other-name',
    `the join listener's certificate has ${names.join(', ')}, and not ${host}: the machine would refuse it`,
    { remedy: `set join.advertise in parent.yaml to https://${address} and restart the parent` },
  );
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

/** As a URL has it: lower case, addresses in their short form. */
function canonical(name: string): string {
  const text = `https://${isIPv6(name) ? `[${name}]` : name}`;
  return URL.canParse(text) ? bare(new URL(text).hostname) : name;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
