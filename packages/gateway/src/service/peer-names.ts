/** Who an endpoint must be, by the alternative names of its certificate. */
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { FicusError } from '@ficus/common/errors.ts';
import type { TransportModel } from '../model/model.ts';
import { alternativeNames } from '../net/alternative-names.ts';

type PeerNames = NonNullable<TransportModel['peerNames']>;

/** For `tls.connect`: one of `expected` is enough, and the host it was dialled by is not looked at. */
export function checkPeerNames(
  expected: PeerNames,
): (host: string, certificate: PeerCertificate) => FicusError | undefined {
  return (_, certificate) => {
    const found = alternativeNames(certificate.subjectaltname ?? '');
    const uris = found('URI');
    const hosts = found('DNS');
    for (const { kind, value } of expected)
      if (kind === 'uri' ? uris.includes(value) : isFor(value, hosts, certificate)) return undefined;
    const wanted = expected.map(({ value }) => value).join(' or ');
    const shown = [...uris, ...hosts].slice(0, 5).join(', ');
    return new FicusError('identity.unexpected-peer', `expected ${wanted}, found ${shown || 'no name'}`);
  };
}

/** A wildcard stands for one label. Common names count for nothing (RFC 9525 §2). */
function isFor(host: string, hosts: readonly string[], certificate: PeerCertificate): boolean {
  return hosts.length > 0 && checkServerIdentity(host, certificate) === undefined;
}
