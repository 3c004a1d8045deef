/** Dials what a node of this machine listens on. */
import { connect } from 'node:net';
import { parseAddress } from '@ficus/common/config/formats.ts';
import { FicusError } from '@ficus/common/errors.ts';

/** Less than a container engine's own deadline, so that the reason is still printed. Milliseconds. */
export const dialTimeoutMs = 3000;

/** Where to dial what listens on `address`: one that stands for all addresses is reached on loopback. */
export function ownAddress(address: string): { readonly host: string; readonly port: number } {
  const { host, port } = parseAddress(address) ?? { host: '', port: 0 };
  if (host === '' || host === '0.0.0.0') return { host: '127.0.0.1', port };
  return { host: host === '::' ? '::1' : host, port };
}

/** Resolves when somebody accepts there. Throws `healthcheck.not-serving`. */
export async function accepts(entryPoint: string, address: string): Promise<void> {
  const socket = connect({ ...ownAddress(address), timeout: dialTimeoutMs });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
      socket.once('timeout', () => reject(new Error(`nobody accepts within ${dialTimeoutMs} ms`)));
    });
  } catch (error) {
    throw notServing(`entrypoint ${entryPoint} (${address})`, error);
  } finally {
    socket.destroy();
  }
}

/** The error of a part that does not serve. */
export function notServing(what: string, cause: unknown): FicusError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new FicusError('healthcheck.not-serving', `${what} does not serve: ${why}`, {
    remedy: 'see what the node logged',
    cause,
  });
}
