/** nginx as the gateway: one master with one worker for a hop, two of them for a pair. */

import { CHILD_NAME } from '../certificates.ts';
import { freePorts } from '../ports.ts';
import { findCommand } from '../sandbox.ts';
import { type Gateway, type Setting, startOnGatewayCore, whenReady } from './gateway.ts';

export const nginx: Gateway = {
  name: 'nginx',
  uplink: 'configured',
  leftOut: (topology) =>
    topology === 'pair-h2' ? 'nginx speaks no HTTP/2 to the servers behind it' : undefined,
  absent: () => (findCommand('nginx') ? undefined : 'not installed (apt-get install nginx-light)'),

  async start(setting) {
    const [port = 0, uplinkPort = 0] = await freePorts(2);
    const endpoint = `127.0.0.1:${setting.endpoint.port}`;
    if (setting.topology === 'hop') {
      const process = start(
        setting,
        'nginx',
        server(`127.0.0.1:${port}`, 'http', FORWARDED),
        upstream(endpoint),
      );
      return whenReady('nginx', port, [process]);
    }
    const { ca, childCert, childKey, parentCert, parentKey } = setting.certificates;
    const uplink = `127.0.0.1:${uplinkPort}`;
    const childTls = `
      ssl_certificate ${childCert}; ssl_certificate_key ${childKey};
      ssl_protocols TLSv1.3; ssl_client_certificate ${ca}; ssl_verify_client on;`;
    const parentTls = `
      proxy_ssl_certificate ${parentCert}; proxy_ssl_certificate_key ${parentKey};
      proxy_ssl_protocols TLSv1.3; proxy_ssl_trusted_certificate ${ca}; proxy_ssl_verify on;
      proxy_ssl_name ${CHILD_NAME}; proxy_ssl_server_name on; proxy_ssl_session_reuse on;`;
    const child = server(`${uplink} ssl`, 'http', childTls + HOST);
    const parent = server(`127.0.0.1:${port}`, 'https', parentTls + FORWARDED);
    const processes = [
      start(setting, 'nginx-child', child, upstream(endpoint)),
      start(setting, 'nginx-parent', parent, upstream(uplink)),
    ];
    return whenReady('nginx', port, processes, uplinkPort);
  },
};

const HOST = `
      proxy_set_header Host $http_host; proxy_set_header Connection "";`;
/** The forwarded headers that the other gateways set too. */
const FORWARDED = `${HOST}
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $http_host;`;

function upstream(address: string): string {
  return `upstream app { server ${address}; keepalive 256; keepalive_requests 1000000000; keepalive_time 1d; }`;
}

function server(listen: string, scheme: string, rules: string): string {
  return `
    server {
      listen ${listen} reuseport;${rules}
      location / { proxy_pass ${scheme}://app; }
    }`;
}

function start(setting: Setting, name: string, ...sections: string[]) {
  const folder = setting.sandbox.folder(name);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const config = `
  daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr error;
  ${process.getuid?.() === 0 ? 'user root;' : ''}
  events { worker_connections 8192; }
  http {
    access_log off; client_max_body_size 0; keepalive_requests 1000000000; keepalive_timeout 180s;
    ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
    proxy_http_version 1.1; proxy_request_buffering off; proxy_max_temp_file_size 0;
    proxy_buffers 16 64k; proxy_busy_buffers_size 128k; client_body_buffer_size 64k;
    ${sections.join('\n')}
  }`;
  const file = setting.sandbox.file(folder, 'nginx.conf', config);
  const args = ['-e', 'stderr', '-p', folder, '-c', file];
  return startOnGatewayCore(setting, findCommand('nginx') ?? 'nginx', args);
}
