/** HAProxy as the gateway: one process for a hop, two for a pair, one thread each. */

import { execFileSync } from 'node:child_process';
import { CHILD_NAME } from '../certificates.ts';
import { freePorts } from '../ports.ts';
import { findCommand } from '../sandbox.ts';
import { type Gateway, type Setting, startOnGatewayCore, whenReady } from './gateway.ts';

export const haproxy: Gateway = {
  name: 'haproxy',
  uplink: 'configured',
  // Seen with 2.6 and stream windows of 8 KiB, 16 KiB and 1 MiB.
  leftOut: (_, scenario) =>
    scenario === 'slow-streams-reader' && version() < 3
      ? 'HAProxy 2 lets streams that nobody reads hold up the others of their uplink connection'
      : undefined,
  absent: () => (findCommand('haproxy') ? undefined : 'not installed (apt-get install haproxy)'),

  async start(setting) {
    const [port = 0, uplinkPort = 0] = await freePorts(2);
    const { scheme, port: endpointPort } = setting.endpoint;
    const endpoint = `127.0.0.1:${endpointPort}${scheme === 'h2c' ? ' proto h2' : ''}`;
    if (setting.topology === 'hop') {
      const bind = `127.0.0.1:${port}`;
      const process =
        setting.route.kind === 'chain'
          ? start(setting, 'haproxy', front(bind, FORWARDED), backOfChain(endpoint))
          : start(setting, 'haproxy', front(bind, FORWARDED), back(endpoint));
      return whenReady('haproxy', port, [process]);
    }
    const alpn = setting.topology === 'pair-h2' ? 'h2' : 'http/1.1';
    // Known beforehand, HTTP/2 lets requests share a connection before its handshake is over.
    const proto = setting.topology === 'pair-h2' ? ' proto h2' : '';
    const { ca, childPem, parentPem } = setting.certificates;
    const uplink = `127.0.0.1:${uplinkPort}`;
    const childTls = `ssl crt ${childPem} ca-file ${ca} verify required ssl-min-ver TLSv1.3 alpn ${alpn}`;
    const parentTls =
      `ssl crt ${parentPem} ca-file ${ca} verify required verifyhost ${CHILD_NAME} ` +
      `sni str(${CHILD_NAME}) ssl-min-ver TLSv1.3 alpn ${alpn}${proto}`;
    const processes = [
      start(setting, 'haproxy-child', front(`${uplink} ${childTls}`), back(endpoint)),
      start(setting, 'haproxy-parent', front(`127.0.0.1:${port}`, FORWARDED), back(`${uplink} ${parentTls}`)),
    ];
    return whenReady('haproxy', port, processes, uplinkPort);
  },
};

/** The forwarded headers that the other gateways set too. */
const FORWARDED = `
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]`;

function front(bind: string, rules = ''): string {
  return `
frontend web
  bind ${bind}${rules}
  use_backend app if { path_beg / }`;
}

function back(server: string): string {
  return `
backend app
  http-reuse always
  server one ${server}`;
}

/** What comes nearest to Ficus' chain; a circuit breaker that weighs answers is its `observe layer7`. */
function backOfChain(server: string): string {
  const options = 'maxconn 1000 check inter 10s observe layer7 error-limit 1000 on-error mark-down';
  return `
backend app
  http-reuse always
  option redispatch
  retries 2
  retry-on conn-failure empty-response response-timeout
  stick-table type ip size 100k expire 30s store http_req_rate(1s)
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000000 }
  http-request set-header X-Bench chain
  http-request replace-path /chain(/.*) \\1
  http-response set-header X-Served-By bench
  cookie session insert indirect nocache
  server large ${server} weight 3 cookie large ${options}
  server small ${server} weight 1 cookie small ${options}`;
}

/** Major and minor, as a number. */
function version(): number {
  const text = execFileSync(findCommand('haproxy') ?? 'haproxy', ['-v'], { encoding: 'utf8' });
  return Number(/version (\d+\.\d)/.exec(text)?.[1]);
}

function start(setting: Setting, name: string, ...sections: string[]) {
  const config = `
global
  nbthread 1
  maxconn 4096
  tune.h2.initial-window-size 1048576
  tune.h2.max-concurrent-streams 2000
defaults
  mode http
  option splice-auto
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${sections.join('\n')}
`;
  const file = setting.sandbox.file(setting.sandbox.folder(name), 'haproxy.cfg', config);
  // -db: in the foreground and without a master process, so that what runs is all there is.
  return startOnGatewayCore(setting, findCommand('haproxy') ?? 'haproxy', ['-db', '-f', file]);
}
