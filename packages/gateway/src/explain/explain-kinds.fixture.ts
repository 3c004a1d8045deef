/** For tests: one configuration with every kind of service and some middlewares. */
import { viewOf } from './testing.ts';
import type { RunningView } from './traefik-api/running.ts';

const yaml = `
http:
  routers:
    mirroring: {rule: "PathPrefix(\`/mirroring\`)", service: mir}
    failover: {rule: "PathPrefix(\`/failover\`)", service: fail}
    hrw: {rule: "PathPrefix(\`/hrw\`)", service: hrw}
    one: {rule: "PathPrefix(\`/one\`)", service: one}
    guarded: {rule: "PathPrefix(\`/guarded\`)", service: guarded}
    spare: {rule: "PathPrefix(\`/spare\`)", service: one, middlewares: [spare]}
    legs: {rule: "PathPrefix(\`/legs\`)", service: legs}
    redirect: {rule: "PathPrefix(\`/redirect\`)", service: one, middlewares: [https]}
    inside: {rule: "PathPrefix(\`/inside\`)", service: one, middlewares: [allow, chained]}
    broken: {rule: "PathPrefix(\`/broken\`)", service: one, middlewares: [strp]}
    regexps: {rule: "HostRegexp(\`^[a-z]+[.]example$\`) && PathRegexp(\`^/r/[0-9]+$\`) && QueryRegexp(\`q\`, \`^b\`) && HeaderRegexp(\`x\`, \`^a\`)", service: one}
  middlewares:
    https: {redirectScheme: {scheme: https, permanent: true}}
    allow: {ipAllowList: {sourceRange: [10.0.0.0/8]}}
    cb: {circuitBreaker: {expression: "NetworkErrorRatio() > 0.5"}}
    spare: {circuitBreaker: {expression: "NetworkErrorRatio() > 0.5", fallbackService: two}}
    add: {addPrefix: {prefix: /new}}
    chained: {chain: {middlewares: [limit, strip]}}
    limit: {rateLimit: {average: 10}}
    strip: {stripPrefix: {prefixes: [/inside]}}
  services:
    one:
      loadBalancer:
        strategy: p2c
        sticky: {cookie: {name: lb}}
        servers: [{url: "http://10.0.0.1:1"}, {url: "http://10.0.0.2:1", fenced: true}]
    two: {loadBalancer: {servers: [{url: "http://10.0.0.3:1"}]}}
    mir: {mirroring: {service: one, mirrors: [{name: two, percent: 10, methods: [GET]}]}}
    fail: {failover: {service: one, fallback: two}}
    hrw: {highestRandomWeight: {services: [{name: one, weight: 3}, {name: two}]}}
    legs:
      weighted:
        circuitBreaker: {expression: "NetworkErrorRatio() > 0.5"}
        services: [{name: one}, {name: two}]
    guarded:
      weighted: {sticky: {cookie: {name: w}}, services: [{name: one}, {name: two}]}
      middlewares: [cb, add]
`;

/** `down`: `host:port` → why. */
export function testing(down: Readonly<Record<string, string>> = {}): RunningView {
  const redirections = { entryPoint: { to: 'websecure', scheme: 'https', permanent: true } };
  return viewOf(yaml, {
    down,
    entryPoints: {
      web: { address: ':80', asDefault: true },
      clear: { address: ':81', http: { redirections } } as never,
      websecure: { address: ':443', http: { tls: {} } },
    },
  });
}
