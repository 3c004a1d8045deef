/** The configuration files of the demo, as a person would write them. */

/** Ports of one run. */
export interface Ports {
  readonly web: number;
  readonly join: number;
  readonly vm1: number;
  readonly cluster1: number;
  readonly monolith: number;
  readonly orders: number;
  readonly ahv: number;
  readonly billing: number;
}

/** The parent's static configuration. */
export function parentYaml(ports: Ports): string {
  return `# The public door.
entryPoints:
  web:
    address: "127.0.0.1:${ports.web}"
providers:
  file:
    filename: dynamic.yaml
  multicluster: {}
# Where children join.
join:
  address: "127.0.0.1:${ports.join}"
  advertise: https://127.0.0.1:${ports.join}
log:
  level: WARN
`;
}

/** The parent's routes. */
export const parentDynamicYaml = `http:
  routers:
    # Everything is the monolith's, as on the first day ...
    everything:
      rule: PathPrefix(\`/\`)
      service: monolith@multicluster
    # ... except orders, which several children may serve.
    orders:
      rule: PathPrefix(\`/orders\`)
      service: orders@multicluster
    # To try the new service before it has any weight.
    try-cluster-1:
      rule: PathPrefix(\`/orders\`) && Header(\`x-try\`, \`cluster-1\`)
      service: orders/cluster-1@multicluster
    # Whoever has it, once there is somebody.
    billing:
      rule: PathPrefix(\`/billing\`)
      service: billing@multicluster
`;

/** The child on the VM: the monolith, under two names. */
export function vm1Yaml(ports: Ports): string {
  return `uplinkEntryPoints:
  uplink:
    address: "127.0.0.1:${ports.vm1}"
workloads:
  monolith:
    url: http://127.0.0.1:${ports.monolith}
  orders:
    url: http://127.0.0.1:${ports.monolith}
log:
  level: WARN
`;
}

/** The child on the cluster: nothing yet; its workloads come from a watched file. */
export function cluster1Yaml(ports: Ports): string {
  return `uplinkEntryPoints:
  uplink:
    address: "127.0.0.1:${ports.cluster1}"
providers:
  file:
    filename: workloads.yaml
log:
  level: WARN
`;
}

/** The cluster's workloads once the orders service is there. Weight 0: it gets nothing until somebody turns its weight. */
export function ordersYaml(ports: Ports): string {
  return `http:
  uplinks:
    orders:
      weight: 0
      healthCheck:
        path: /health
        interval: 1s
  routers:
    # The parent chose the path already; its health check comes this way too.
    orders:
      rule: PathPrefix(\`/\`)
      service: orders
      uplinks: [orders]
  services:
    orders:
      loadBalancer:
        servers:
          - url: http://127.0.0.1:${ports.orders}
        healthCheck:
          path: /health
          interval: 1s
`;
}

/** The child that finds its workloads through Prism Central, as `ficus cloud-init` writes it. */
export function ahvYaml(
  ports: Ports,
  caPin: string,
  prism: { readonly endpoint: string; readonly fingerprint: string },
): string {
  return `join:
  url: https://127.0.0.1:${ports.join}
  tokenFile: join-token
  caPins: ["${caPin}"]
  address: 127.0.0.1:${ports.ahv}
uplinkEntryPoints:
  uplink:
    address: "127.0.0.1:${ports.ahv}"
providers:
  nutanixPrismCentral:
    endpoint: ${prism.endpoint}
    # Came with the join token.
    apiKeyFile: state/secrets/prism-api-key
    tls:
      fingerprint: "${prism.fingerprint}"
    pollInterval: 2s
    port: ${ports.billing}
log:
  level: WARN
`;
}
