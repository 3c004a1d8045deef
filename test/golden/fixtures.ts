/** What golden cases resolve against: two children that advertise orders, and an identity. */
import type { LoadBalancerModel, TransportModel } from '@ficus/gateway/model/model.ts';
import type { ModelFragment, UplinkIdentityModel } from '@ficus/gateway/model/resolve-input.ts';
import { defaultTransport } from '@ficus/gateway/model/resolve-transports.ts';

function leg(child: string, transport: number): LoadBalancerModel {
  return {
    kind: 'loadBalancer',
    name: [`orders/${child}`, 'multicluster'],
    endpoints: [{ scheme: 'https', host: child, port: 9443, path: '', preservePath: false, weight: 1 }],
    passHostHeader: true,
    transport,
    requestHeaders: [['ficus-uplink', 'orders']],
    uplink: true,
  };
}

function transport(child: string): TransportModel {
  const peerUri = `spiffe://ficus.internal/child/${child}`;
  return { ...defaultTransport, name: [child, 'multicluster'], peerUri, minVersion: 'TLSv1.3' };
}

export const multiclusterFragment: ModelFragment = {
  provider: 'multicluster',
  services: [
    leg('vm-1', 0),
    leg('cluster-1', 1),
    {
      kind: 'weighted',
      name: ['orders', 'multicluster'],
      legs: [
        { key: 'vm-1', service: 0, weight: 9, mode: 'active' },
        { key: 'cluster-1', service: 1, weight: 1, mode: 'standby' },
      ],
    },
  ],
  transports: [transport('vm-1'), transport('cluster-1')],
  lookup: (name) =>
    new Map([
      ['orders-vm-1', 'orders/vm-1'],
      ['orders-cluster-1', 'orders/cluster-1'],
    ]).get(name),
};

export const testIdentity: UplinkIdentityModel = {
  header: 'ficus-uplink',
  certificate: { names: [], cert: 'certificate', key: 'key' },
  roots: ['root'],
  peers: ['spiffe://ficus.internal/parent/parent'],
};
