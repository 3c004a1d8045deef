/** Connections to Prism Central: nothing is sent before it has proven who it is. */
import { isIP } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { Clock } from '@ficus/common/clock.ts';
import { plain } from '@ficus/common/plain-text.ts';
import { isPem } from '@ficus/gateway/config/file-references.ts';
import { readText } from '@ficus/gateway/config/load-files.ts';
import type { buildConnector } from 'undici';
import type { PrismTls } from '../config.ts';
import { PrismError } from './error.ts';

/** Bytes of a PEM file. */
const maxPemBytes = 1024 * 1024;

/** PEM of what `tls` names. Throws `prism.no-certificate`. */
export async function readTls(tls: PrismTls): Promise<{ ca?: string; cert?: string; key?: string }> {
  const pem = async (name: 'ca' | 'cert' | 'key') => {
    const value = tls[name];
    if (value === undefined) return {};
    if (isPem(value)) return { [name]: value };
    const read = await readText(value, maxPemBytes);
    if (read.ok && isPem(read.text)) return { [name]: read.text };
    const reason = read.ok ? 'it holds no PEM' : read.reason;
    throw new PrismError('prism.no-certificate', `tls.${name}: ${value} can't be read: ${reason}`, {
      remedy: 'name a PEM file that the user this process runs as may read',
    });
  };
  return { ...(await pem('ca')), ...(await pem('cert')), ...(await pem('key')) };
}

/** How a client, such as undici's, is to connect. Throws as `readTls`. */
export async function connector(
  tls: PrismTls,
  options: { readonly timeoutMs: number; readonly clock: Clock },
): Promise<buildConnector.connector> {
  const { ca, cert, key } = await readTls(tls);
  return ({ hostname, port }, callback) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const name = tls.serverName ?? host;
    const socket = tlsConnect({
      host,
      port: Number(port || 443),
      servername: isIP(name) === 0 ? name : '',
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
      ALPNProtocols: ['http/1.1'],
      // Looked at below, before anybody gets the socket: the message can then say what was shown.
      rejectUnauthorized: false,
    });
    let settled = false;
    const settle = (error: Error | null): void => {
      if (settled) return;
      settled = true;
      cancel();
      if (error === null) {
        callback(null, socket);
        return;
      }
      socket.destroy();
      callback(error, null);
    };
    const late = (): void =>
      settle(Object.assign(new Error('connecting takes too long'), { code: 'ETIMEDOUT' }));
    const cancel = options.clock.after(options.timeoutMs, late);
    socket.once('secureConnect', () => settle(mistrust(socket, tls, name)));
    socket.on('error', (error) => settle(error));
    socket.once('close', () =>
      settle(Object.assign(new Error('closed while connecting'), { code: 'ECONNRESET' })),
    );
  };
}

/** Why the certificate is not taken; null when it is. */
function mistrust(socket: TLSSocket, tls: PrismTls, name: string): PrismError | null {
  if (tls.insecureSkipVerify) return null;
  const certificate = socket.getPeerX509Certificate();
  const shown = certificate?.fingerprint256 ?? 'none';
  if (tls.fingerprint !== undefined) {
    const found = shown.replaceAll(':', '').toLowerCase();
    // Without roots of its own the pin alone counts: it names one certificate, whoever signed it.
    if (found === tls.fingerprint && (tls.ca === undefined || chainHolds(socket))) return null;
    if (found === tls.fingerprint) return untrusted(socket, shown, name);
    const message = `want the certificate ${tls.fingerprint}, got ${found}`;
    const remedy =
      'find out who answers there; if the certificate was renewed, put its new fingerprint into tls.fingerprint';
    return new PrismError('prism.untrusted', message, { remedy });
  }
  return socket.authorized ? null : untrusted(socket, shown, name);
}

/** Whether the roots vouch for it; with a pin its name makes no difference. */
function chainHolds({ authorized, authorizationError }: TLSSocket): boolean {
  return authorized || String(authorizationError) === 'ERR_TLS_CERT_ALTNAME_INVALID';
}

function untrusted(socket: TLSSocket, shown: string, name: string): PrismError {
  const why = plain(String(socket.authorizationError), 100);
  const message =
    why === 'ERR_TLS_CERT_ALTNAME_INVALID'
      ? `the certificate is not for ${name}; its SHA-256 is ${shown}`
      : `the certificate is not trusted (${why}); its SHA-256 is ${shown}`;
  const remedy =
    'name the CA in tls.ca; or compare that sum with Prism Central’s certificate and put it into tls.fingerprint';
  return new PrismError('prism.untrusted', message, { remedy });
}
