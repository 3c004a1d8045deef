/** The way one request takes: router, middlewares and service, and why the other routers do not take it. Pure. */
import type {
  ExplainRequest,
  Explanation,
  MiddlewareStep,
  PassedOver,
  ServiceStep,
} from '@ficus/common/api/explain.ts';
import { didYouMean } from '@ficus/common/config/nearest.ts';
import { severalTlsHosts } from '../entrypoint/tls-hosts.ts';
import { errorKind, type GatewayErrorCode } from '../http/errors.ts';
import { takeHeader } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import type { EntryPointModel, RouterModel } from '../model/model.ts';
import { showName } from '../model/resolution.ts';
import { absentRouters } from './absent.ts';
import { readAsk } from './ask.ts';
import { ownerOf } from './circuits.ts';
import { type Open, passMiddlewares } from './explain-middleware.ts';
import { chooseRouter, type RouterChoice, told } from './explain-routers.ts';
import { explainService, hasLastResort, middlewaresOf, serves } from './explain-service.ts';
import { childrenOf, isStandIn, tablesOf } from './routes.ts';
import type { ModelView } from './view.ts';

/** Throws a FicusError (`explain.…`, status 400) for what is no request. */
export function explain(view: ModelView, ask: ExplainRequest): Explanation {
  const { head, entryPoint, serverName, refused } = readAsk(ask, view.model.entryPoints);
  const request = requestTold(head, entryPoint);
  if (refused !== undefined) return { ...nothing, ...own('refused', refused.code, refused.detail), request };
  if (serverName !== '' && misdirected(view, entryPoint, serverName, head.host)) {
    const detail = `connections for ${serverName} have other TLS options than those for ${head.host}`;
    return { ...nothing, ...own('refused', 'request.misdirected', detail), request };
  }
  const table = tableFor(view, entryPoint, head);
  if ('code' in table) return { ...nothing, ...own('refused', table.code, table.detail), request };
  return { ...followed(view, table.routers, head), request, ...absentRouters(view) };
}

const nothing = {
  routers: [],
  passedOver: { count: 0, nearest: [] },
  alsoMatching: [],
  middlewares: [],
} as const;

type Way = Omit<Explanation, 'request'>;

/** What the gateway answers itself. */
function own(
  outcome: Explanation['outcome'],
  code: GatewayErrorCode,
  detail: string,
): Pick<Explanation, 'outcome' | 'status' | 'code' | 'detail'> {
  return { outcome, status: errorKind(code).status, code, ...(detail === '' ? {} : { detail }) };
}

/** From a table of routers on; a router with children passes its middlewares first, and they see what those changed. */
function followed(view: ModelView, first: readonly RouterModel[], head: RequestHead): Way {
  const open: Open = { dependsOn: [], setters: [], maySet: [] };
  const way = taken(view, first, head, open);
  return open.dependsOn.length === 0 ? way : { ...way, dependsOn: open.dependsOn };
}

function taken(view: ModelView, first: readonly RouterModel[], head: RequestHead, open: Open): Way {
  const routers: RouterModel[] = [];
  const middlewares: MiddlewareStep[] = [];
  const nearest: PassedOver[] = [];
  const alsoMatching: Explanation['alsoMatching'][number][] = [];
  const possible: RouterModel[] = [];
  let count = 0;
  let candidates = first;
  for (;;) {
    const choice = chooseRouter(candidates, head, open.maySet);
    count += choice.passedOver.count;
    nearest.push(...choice.passedOver.nearest);
    alsoMatching.push(...choice.alsoMatching);
    possible.push(...choice.possible);
    if (choice.taken !== undefined) routers.push(choice.taken);
    const way = {
      routers: routers.map(told),
      passedOver: { count, nearest },
      alsoMatching,
      middlewares,
      ...(possible.length === 0 ? {} : { possible: possible.map(told) }),
    };
    if (choice.taken === undefined) return { ...way, ...missed(routers, candidates, choice, open) };
    const { name, middlewares: indexes } = choice.taken;
    const passed = passMiddlewares(view, ownerOf('router', name), indexes, head, open);
    middlewares.push(...passed.steps);
    if (passed.end !== undefined) return { ...way, ...passed.end };
    if (passed.detour !== undefined) return { ...way, ...arrived(view, passed.detour) };
    candidates = childrenOf(view.model, choice.taken);
    if (candidates.length === 0) return { ...way, ...atService(view, choice.taken, head, middlewares, open) };
  }
}

function missed(
  routers: readonly RouterModel[],
  candidates: readonly RouterModel[],
  { possible }: RouterChoice,
  { setters }: Open,
): Pick<Way, 'outcome' | 'status' | 'code' | 'detail'> {
  if (possible.length > 0) {
    const who = setters.join(' and ');
    const detail = `depends on ${who}: not asked; give what it would set with -H`;
    return { outcome: 'possible', detail };
  }
  const last = routers.at(-1);
  const none = candidates.length === 0 ? 'no router listens here' : 'no router matches';
  const detail = last === undefined ? none : `no router below ${told(last).name} matches`;
  return own('no-route', 'route.none', detail);
}

function atService(
  view: ModelView,
  { name, service: index }: RouterModel,
  head: RequestHead,
  middlewares: MiddlewareStep[],
  open: Open,
): Pick<Way, 'outcome' | 'status' | 'code' | 'detail' | 'service'> {
  const model = view.model.services[index];
  if (model?.kind === 'broken' && isStandIn(model)) {
    return own('unavailable', 'service.unavailable', `router ${showName(name)} is disabled: ${model.detail}`);
  }
  const indexes = middlewaresOf(view, index);
  const passed = passMiddlewares(view, ownerOf('service', model!.name), indexes, head, open);
  middlewares.push(...passed.steps);
  if (passed.end !== undefined) return { ...passed.end, service: explainService(view, index) };
  return arrived(view, passed.detour ?? index);
}

/** All middlewares let it pass. */
function arrived(
  view: ModelView,
  index: number,
): Pick<Way, 'outcome' | 'status' | 'code' | 'detail' | 'service'> {
  const service = explainService(view, index);
  if (serves(service.health)) return { outcome: 'service', service };
  if (hasLastResort(service)) {
    return {
      outcome: 'service',
      detail: 'no endpoint is fit: an ejected one is asked all the same',
      service,
    };
  }
  const code = service.health === 'disabled' ? 'service.unavailable' : 'service.no-endpoint';
  return { ...own('unavailable', code, whyDown(service)), service };
}

function whyDown({ name, reason, health }: ServiceStep): string {
  return `${name} is ${health}${reason === undefined || reason === '' ? '' : `: ${reason}`}`;
}

function misdirected(
  { model }: ModelView,
  entryPoint: EntryPointModel,
  serverName: string,
  host: string,
): boolean {
  const hosts = severalTlsHosts(entryPoint, model);
  return hosts !== undefined && hosts.of(serverName) !== hosts.of(host);
}

interface NoTable {
  readonly code: GatewayErrorCode;
  readonly detail: string;
}

/** On an uplink entrypoint a header says which table; it never travels further. */
function tableFor(
  { model }: ModelView,
  entryPoint: EntryPointModel,
  head: RequestHead,
): { readonly routers: readonly RouterModel[] } | NoTable {
  const tables = tablesOf(model, entryPoint);
  const { uplink } = entryPoint;
  // A router takes what came over TLS, or what came without.
  if (uplink === undefined)
    return { routers: (tables[0]?.routers ?? []).filter(({ tls }) => tls === head.secure) };
  const known = tables.map((table) => table.uplink ?? '');
  const name = takeHeader(head.headers, uplink.header);
  if (name === undefined) {
    const detail = `${entryPoint.name} wants -H '${uplink.header}: <name>'; known are ${known.join(', ') || 'none'}`;
    return { code: 'uplink.header-missing', detail };
  }
  const table = tables.find((each) => each.uplink === name);
  if (table !== undefined) return table;
  return { code: 'uplink.unknown', detail: `no uplink ${JSON.stringify(name)}${didYouMean(name, known)}` };
}

function requestTold(head: RequestHead, { name }: EntryPointModel): Explanation['request'] {
  return {
    method: head.method,
    host: head.host,
    path: head.path,
    ...(head.query === undefined ? {} : { query: head.query }),
    from: head.clientAddress,
    entryPoint: name,
    tls: head.secure,
  };
}
