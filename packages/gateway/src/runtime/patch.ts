/** Small changes to the running generation, in place. Names that are not there are ignored: a newer model has gone by. */
import type { Patch } from './data-plane.ts';
import type { Engine } from './engine.ts';

export function applyPatch(engine: Engine, patch: Patch): void {
  const generation = engine.generation;
  switch (patch.kind) {
    case 'legs':
      generation?.services.weighted.get(patch.service)?.setLegs(patch.legs);
      return;
    case 'health': {
      const { host, port } = patch.endpoint;
      for (const endpoint of generation?.services.balancers.get(patch.service)?.endpoints ?? []) {
        if (endpoint.pool.address.host === host && endpoint.pool.address.port === port)
          endpoint.setUp(patch.up);
      }
      return;
    }
    case 'endpoints':
      generation?.setEndpoints(patch.service, patch.endpoints);
      return;
    case 'transportCertificate':
      for (const transport of engine.registry.named(patch.transport))
        transport.renew(patch.certificate, patch.roots);
      return;
    case 'uplinkIdentity':
      engine.listeners.get(patch.entryPoint)?.setIdentity(patch.certificate, patch.roots, patch.peers);
      return;
    case 'closePeer':
      for (const listener of engine.listeners.values()) listener.closePeer(patch.uri);
      for (const pool of engine.registry.pools()) {
        if (pool.transport.model.peerUri === patch.uri) pool.close('endpoint.down');
      }
      return;
  }
}
