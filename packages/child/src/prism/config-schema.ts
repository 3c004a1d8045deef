/** Schema of `providers.nutanixPrismCentral`: Traefik Hub's keys and defaults, and what Ficus adds. */
import {
  boolean,
  duration,
  integer,
  list,
  object,
  oneOf,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';

const name = { minLength: 1 };
const secret = { minLength: 1, secret: true };

const tlsSchema = object('How Prism Central proves who it is.', {
  ca: optional(
    string(
      "Trusted roots: a PEM file, relative to this file, or PEM text. Default: the system's roots.",
      name,
    ),
  ),
  cert: optional(string('Client certificate: a PEM file, or PEM text. Default: none.', name)),
  key: optional(string('Key of the client certificate: a PEM file, or PEM text. Default: none.', secret)),
  serverName: optional(
    string('Name that the certificate must carry, and SNI. Default: the host of `endpoint`.', {
      format: 'host',
    }),
  ),
  fingerprint: optional(
    string(
      'SHA-256 of the certificate that Prism Central shows, in hexadecimal, as `openssl x509 -fingerprint -sha256` prints it: no other one is taken, and without `ca` nothing else is asked of it. For the self-signed certificate that it is delivered with. Default: none.',
      { format: 'sha256' },
    ),
  ),
  insecureSkipVerify: optional(
    boolean(
      'Whether any certificate is taken: who is in between then reads the key. `fingerprint` is as easy. Default: false.',
    ),
  ),
});

const vpcSchema = object('A VPC, by one of the two.', {
  uuid: optional(string('Its extId.', name)),
  name: optional(string('Its name; must be the only one of that name.', name)),
});
const subnetSchema = object('A subnet, by one of the two.', {
  uuid: optional(string('Its extId.', name)),
  name: optional(string('Its name; all subnets of that name are meant.', name)),
});

export const nutanixPrismCentralSchema = object(
  'Workloads on VMs of Nutanix AHV: powered-on VMs that carry a category, found through Prism Central. docs/prism-central.md explains it.',
  {
    endpoint: string('Prism Central, with scheme: `https://pc.example.com:9440`.', {
      format: 'https-origin',
    }),
    apiKey: optional(string('Key of a service account. Either a key, or `username` and a password.', secret)),
    apiKeyFile: optional(
      string(
        'File with the key, relative to this file; read anew when it changes and when Prism Central refuses the key.',
        name,
      ),
    ),
    username: optional(string('User, for basic authentication.', name)),
    password: optional(string('Password of `username`.', secret)),
    passwordFile: optional(
      string('File with the password, relative to this file; read anew as `apiKeyFile` is.', name),
    ),
    tls: optional(tlsSchema),
    pollInterval: optional(
      duration('Time between two looks, give or take a tenth; at least `2s`. Default: `30s`.'),
    ),
    pollTimeout: optional(duration('Longest wait for one answer. Default: `5s`.')),
    serviceNameCategoryKey: optional(
      string(
        'Category whose value is the name of the service a VM stands behind, and the name it is exposed as. Default: `TraefikServiceName`.',
        { format: 'category-key' },
      ),
    ),
    portCategoryKey: optional(
      string('Category whose value is the port on the VM. Default: none, the base file says it.', {
        format: 'category-key',
      }),
    ),
    weightCategoryKey: optional(
      string(
        "Category whose value is the VM's share beside the service's other VMs, from 0 to 1000. Default: none, all are alike.",
        { format: 'category-key' },
      ),
    ),
    filename: optional(
      string(
        'Base file: `http.services.<value>.loadBalancer` without `servers`, with port and scheme in `server`; relative to this file, read anew when it changes. Default: none.',
        name,
      ),
    ),
    port: optional(
      integer(
        'Port of services for which neither the base file nor a category says one. Default: 80, or 443 with scheme `https`.',
        { minimum: 1, maximum: 65_535 },
      ),
    ),
    allowedVpcs: optional(list('VPCs whose NICs count. Default: all networks.', vpcSchema, { minItems: 1 })),
    allowedSubnets: optional(
      list('Subnets whose NICs count, beside those of `allowedVpcs`. Default: all networks.', subnetSchema, {
        minItems: 1,
      }),
    ),
    ipVersion: optional(
      oneOf('Kind of address that is taken when a VM has both. Default: `ipv4`.', ['ipv4', 'ipv6']),
    ),
    drainTimeout: optional(
      duration(
        'How long a VM that lost its category still takes the requests of clients whose `sticky` cookie leads to it; without `sticky` it goes at once, requests in flight end. Default: `30s`.',
      ),
    ),
    apiVersion: optional(
      oneOf(
        'API that is spoken; `auto` asks Prism Central. `v3` is the old one, with a password only. Default: `auto`.',
        ['auto', 'v4.0', 'v4.1', 'v3'],
      ),
    ),
  },
);
/** What a person wrote. */
export type PrismFile = Static<typeof nutanixPrismCentralSchema>;
