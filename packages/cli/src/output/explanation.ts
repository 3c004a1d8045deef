/** The way of one request, for people. */
import type { Explanation, ServiceStep } from '@ficus/common/api/explain.ts';
import { oneLine } from '../commands/routes.ts';
import { percent } from './shares.ts';
import { printable } from './table.ts';

/** What it takes first, in order; then why the others don't take it. */
export function explanationReport(told: Explanation): string {
  const { request } = told;
  const query = request.query === undefined ? '' : `?${request.query}`;
  const head = `${request.method} ${request.host}${request.path}${query} from ${request.from} on ${request.entryPoint} (${request.tls ? 'https' : 'http'})`;
  const blocks = [
    [head],
    way(told),
    possible(told),
    passedOver(told),
    alsoMatching(told),
    absent(told),
  ].filter((lines) => lines.length > 0);
  return blocks.map((lines) => lines.map((line) => `${printable(line)}\n`).join('')).join('\n');
}

/** Titles stand in a column of their own. */
const indent = 13;

function way({
  routers,
  middlewares,
  service,
  outcome,
  status,
  code,
  detail,
  dependsOn = [],
}: Explanation): readonly string[] {
  const own = status === undefined ? '' : `${status}${code === undefined ? '' : ` ${code}`}`;
  const answer = [own, detail].filter((part) => part !== undefined && part !== '').join(': ');
  return [
    ...titled('router', routers.map(router)),
    ...titled(
      'middlewares',
      aligned(
        middlewares.map(({ name, kind, effect, answers }) => [
          name,
          `${kind}: ${effect}${answers === undefined ? '' : ` (${answers})`}`,
        ]),
      ),
    ),
    ...titled('service', service === undefined ? [] : serviceLines(service, 0)),
    ...titled('answer', [
      outcome === 'service'
        ? `from an endpoint${provided(dependsOn)}${answer === '' ? '' : ` (${answer})`}`
        : `${answer}${outcome === 'possible' ? '' : provided(dependsOn)}`,
    ]),
  ];
}

/** They may answer in place of what follows. */
function provided(names: readonly string[]): string {
  const verb = names.length === 1 ? 'lets' : 'let';
  return names.length === 0 ? '' : `, if ${names.join(' and ')} ${verb} it pass`;
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, i) => `${(i === 0 ? title : '').padEnd(indent)}${line}`);
}

function aligned(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, rest]) => `${name.padEnd(width)}  ${rest}`);
}

function router({ name, priority, rule }: { name: string; priority: number; rule: string }): string {
  return `${name}, priority ${priority}: ${oneLine(rule)}`;
}

function serviceLines(service: ServiceStep, depth: number): readonly string[] {
  const margin = '  '.repeat(depth);
  const facts = [
    service.role === 'leg' ? undefined : service.role,
    service.share === undefined ? undefined : percent(service.share),
    service.weight === undefined ? undefined : `weight ${service.weight}`,
    service.mode === 'active' ? undefined : service.mode,
    service.sessionsUntil === undefined ? undefined : `sessions until ${service.sessionsUntil}`,
    service.kind,
    service.strategy,
    service.middlewares === undefined ? undefined : `behind ${service.middlewares.join(', ')}`,
    service.circuitBreakers?.map(circuit).join(', '),
    service.sticky === undefined ? undefined : `sticky by cookie ${service.sticky}`,
    state(service.health, service.reason),
  ];
  const endpoints = (service.endpoints ?? []).map(
    ({ url, share, health, reason }) =>
      `${margin}  ${[url, percent(share), state(health, reason)].filter(isText).join(', ')}`,
  );
  return [
    `${margin}${service.name}: ${facts.filter(isText).join(', ')}`,
    ...endpoints,
    ...(service.services ?? []).flatMap((below) => serviceLines(below, depth + 1)),
  ];
}

function circuit({ expression, state: is }: NonNullable<ServiceStep['circuitBreakers']>[number]): string {
  const words = { standby: 'closed', recovering: 'recovering', tripped: 'open' };
  return `circuit breaker ${expression}${is === undefined ? '' : ` (${words[is]})`}`;
}

/** Nothing is said of what nobody knows. */
function state(health: string, reason: string | undefined): string | undefined {
  const why = reason === undefined || reason === '' ? '' : ` (${reason})`;
  if (health === 'unknown') return why === '' ? undefined : why.slice(2, -1);
  return `${health}${why}`;
}

function isText(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

function passedOver({ passedOver: { count, nearest }, routers }: Explanation): readonly string[] {
  if (count === 0) return [];
  const some = count === nearest.length ? `${count}` : `${nearest.length} nearest of ${count}`;
  const title = routers.length === 0 ? `no match (${some})` : `tried before it, no match (${some})`;
  const lines = nearest.map(({ name, priority, because }) => {
    const reasons = because.map(({ matcher, found }) => `${matcher}: ${found}`).join('; ');
    return `  ${name}, priority ${priority}: ${oneLine(reasons)}`;
  });
  return [`${title}:`, ...lines];
}

function possible({ possible: others = [] }: Explanation): readonly string[] {
  return others.length === 0
    ? []
    : ['possible, if a middleware sets what they want:', ...others.map((each) => `  ${router(each)}`)];
}

function alsoMatching({ alsoMatching: others }: Explanation): readonly string[] {
  return others.length === 0
    ? []
    : ['matching too, with lower priority:', ...others.map((each) => `  ${router(each)}`)];
}

/** More help nobody. */
const mostAbsent = 10;

function absent({ absent: others = [] }: Explanation): readonly string[] {
  if (others.length === 0) return [];
  const more = others.length > mostAbsent ? [`  and ${others.length - mostAbsent} more: ficus check`] : [];
  return [
    'cannot match, for they are not right themselves:',
    ...others.slice(0, mostAbsent).map(({ name, error }) => `  ${name}: ${oneLine(error.join('; '))}`),
    ...more,
  ];
}
