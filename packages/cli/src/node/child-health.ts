/** Whether the child of a configuration file serves: its uplink entrypoints show its own certificate, as a parent would see. */
import { connect } from 'node:tls';
import { loadChildConfig } from '@ficus/child/state/load-config.ts';
import { loadNode } from '@ficus/child/state/node.ts';
import { createLog } from '@ficus/common/log.ts';
import { checkPeer } from '@ficus/pki/identity.ts';
import type { LoadedIdentity } from '@ficus/pki/node-identity.ts';
import { accepts, dialTimeoutMs, notServing, ownAddress } from './dial-own.ts';

/**
 * A line for each part that serves. Throws `healthcheck.not-serving`, `identity.missing` (not joined yet) or what is wrong
 * with its files. With the child's own certificate, since a handshake without one is an attack to the other side.
 */
export async function childServes(file: string): Promise<readonly string[]> {
  const config = await loadChildConfig(file, createLog({ level: 'silent' }));
  const identity = await loadNode(config);
  const lines: string[] = [];
  for (const [name, { address }] of Object.entries(config.uplinkEntryPoints)) {
    await handshake(name, address, identity);
    lines.push(`child ${identity.name}: uplink entrypoint ${name} serves at ${address}`);
  }
  for (const [name, { address }] of Object.entries(config.entryPoints)) {
    await accepts(name, address);
    lines.push(`child ${identity.name}: entrypoint ${name} accepts at ${address}`);
  }
  return lines;
}

async function handshake(entryPoint: string, address: string, identity: LoadedIdentity): Promise<void> {
  const socket = connect({
    ...ownAddress(address),
    cert: identity.certificate,
    key: identity.key,
    ca: [...identity.roots],
    checkServerIdentity: checkPeer([identity.uri]),
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2', 'http/1.1'],
    timeout: dialTimeoutMs,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
      socket.once('timeout', () => reject(new Error(`no handshake within ${dialTimeoutMs} ms`)));
    });
    // Not destroyed: what the other side still sends would be answered with a reset, and that is an error there.
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.resume().end();
    });
  } catch (error) {
    throw notServing(`uplink entrypoint ${entryPoint} (${address})`, error);
  } finally {
    socket.destroy();
  }
}
