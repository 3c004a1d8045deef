/** Caddy as the gateway: one process for a hop, two for a pair, GOMAXPROCS=1. */

import { CHILD_NAME } from '../certificates.ts';
import { freePorts } from '../ports.ts';
import { findCommand } from '../sandbox.ts';
import { type Gateway, type Setting, startOnGatewayCore, whenReady } from './gateway.ts';

export const caddy: Gateway = {
  name: 'caddy',
  uplink: 'configured',
  leftOut: () => undefined,
  absent: () => (findCommand('caddy') ? undefined : 'not installed (apt-get install caddy)'),

  async start(setting) {
    const [port = 0, uplinkPort = 0] = await freePorts(2);
    const { scheme, port: endpointPort } = setting.endpoint;
    const endpoint = `${scheme}://127.0.0.1:${endpointPort}`;
    const protocols = setting.clients === 'h2c' ? 'h1 h2 h2c' : 'h1 h2';
    if (setting.topology === 'hop') {
      return whenReady('caddy', port, [
        start(setting, 'caddy', site(`http://:${port}`, endpoint), protocols),
      ]);
    }
    const { ca, childCert, childKey, parentCert, parentKey } = setting.certificates;
    const uplink = `127.0.0.1:${uplinkPort}`;
    const childTls = `
    tls ${childCert} ${childKey} {
      protocols tls1.3
      alpn ${setting.topology === 'pair-h2' ? 'h2' : 'http/1.1'}
      client_auth {
        mode require_and_verify
        trusted_ca_cert_file ${ca}
      }
    }`;
    const parentTls = `
        tls_client_auth ${parentCert} ${parentKey}
        tls_trusted_ca_certs ${ca}
        tls_server_name ${CHILD_NAME}
        versions ${setting.topology === 'pair-h2' ? '2' : '1.1'}`;
    const child = site(`https://:${uplinkPort}`, endpoint, '', childTls);
    const parent = site(`http://:${port}`, `https://${uplink}`, parentTls);
    const processes = [
      start(setting, 'caddy-child', child, 'h1 h2'),
      start(setting, 'caddy-parent', parent, protocols),
    ];
    return whenReady('caddy', port, processes, uplinkPort);
  },
};

/** Forwarded headers are on by default in Caddy. */
function site(address: string, endpoint: string, transport = '', tls = ''): string {
  return `
  ${address} {
    bind 127.0.0.1${tls}
    reverse_proxy ${endpoint} {
      transport http {
        keepalive 180s
        keepalive_idle_conns_per_host 256${transport}
      }
    }
  }`;
}

function start(setting: Setting, name: string, sites: string, protocols: string) {
  const folder = setting.sandbox.folder(name);
  const config = `{
    admin off
    auto_https off
    log {
      level ERROR
    }
    servers {
      strict_sni_host insecure_off
      protocols ${protocols}
    }
  }
  ${sites}
`;
  const file = setting.sandbox.file(folder, 'Caddyfile', config);
  const env = { GOMAXPROCS: '1', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const args = ['run', '--config', file, '--adapter', 'caddyfile'];
  return startOnGatewayCore(setting, findCommand('caddy') ?? 'caddy', args, env);
}
