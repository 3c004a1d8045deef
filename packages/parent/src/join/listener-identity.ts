/** The join listener's own certificate: issued by the authority, renewed at half its life. */
import { isIP } from 'node:net';
import type { Clock } from '@ficus/common/clock.ts';
import type { LogLine } from '@ficus/common/log.ts';
import type { Authority } from '@ficus/pki/authority.ts';
import { createRequest } from '@ficus/pki/csr.ts';
import { listenerTls } from '@ficus/pki/tls-policy.ts';

export type ListenerTls = ReturnType<typeof listenerTls>;

export interface ListenerIdentity {
  /** TLS options of this moment. */
  readonly tls: ListenerTls;
  stop(): void;
}

const retryMs = 30_000;

/**
 * Issues the certificate and keeps it fresh; `renewed` gets the options of each later one. The root is part of the
 * chain that is sent, because a joining child knows nothing but its pin.
 */
export async function listenerIdentity(options: {
  readonly authority: Authority;
  /** SPIFFE ID of this parent. */
  readonly uri: string;
  /** Host names and IP literals it is reached by. */
  readonly names: readonly string[];
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly log: LogLine;
  readonly renewed: (tls: ListenerTls) => void;
}): Promise<ListenerIdentity> {
  const { authority, uri, names, ttlMs, clock, log, renewed } = options;
  let cancel = () => {};
  let stopped = false;

  async function issue(): Promise<ListenerTls> {
    const { key, csr } = createRequest({ uri });
    const { certificate, notAfter } = await authority.issue({
      csr,
      uri,
      dnsNames: names.filter((name) => isIP(name) === 0),
      addresses: names.filter((name) => isIP(name) !== 0),
      ttlMs,
    });
    schedule(Math.max(1000, (notAfter - clock.now()) / 2));
    const chain = `${certificate}${authority.roots[0]}`;
    return listenerTls({ key, certificate: chain, roots: authority.roots, alpn: ['http/1.1'] }, 'joining');
  }

  function schedule(inMs: number): void {
    if (stopped) return;
    cancel = clock.after(inMs, () => {
      issue().then(
        (tls) => {
          if (!stopped) renewed(tls);
        },
        (error: unknown) => {
          log('error', 'the join listener keeps its old certificate: renewing failed', { err: error });
          schedule(retryMs);
        },
      );
    });
  }

  return {
    tls: await issue(),
    stop() {
      stopped = true;
      cancel();
    },
  };
}
