/** The dynamic configuration of many routers and services that the scenario `scale` loads and changes. */

export const ROUTERS = 10_000;
export const SERVICES = 5_000;

/** What differs between two files: which service the router of `/` has, and where that service's one endpoint is. */
export interface Variant {
  readonly service: 'first' | 'second';
  readonly firstPort: number;
  readonly secondPort: number;
}

/** As YAML a person or a script would write: one block a router and a service, hosts with some paths each. */
export function manyRouters({ service, firstPort, secondPort }: Variant): string {
  const routers = Array.from({ length: ROUTERS - 1 }, (_, at) => [
    `    r${at}:`,
    `      rule: "Host(\`h${at % 1_000}.example\`) && PathPrefix(\`/p${at}\`)"`,
    `      service: s${at % (SERVICES - 2)}`,
  ]);
  const services = Array.from({ length: SERVICES - 2 }, (_, at) => serviceAt(`s${at}`, 20_000 + at));
  return [
    'http:',
    '  routers:',
    '    root:',
    '      rule: "Path(`/`)"',
    `      service: ${service}`,
    ...routers.flat(),
    '  services:',
    ...services.flat(),
    ...serviceAt('first', firstPort),
    ...serviceAt('second', secondPort),
    '',
  ].join('\n');
}

function serviceAt(name: string, port: number): string[] {
  return [
    `    ${name}:`,
    '      loadBalancer:',
    '        servers:',
    `          - url: "http://127.0.0.1:${port}"`,
  ];
}
