/** The routers of each entrypoint in the order in which they are tried, for `ficus routes`. */
import type { RouteInfo, RouteList, RouteTableInfo } from '@ficus/common/api/explain.ts';
import type { EntryPointModel, Model, RouterModel, ServiceModel } from '../model/model.ts';
import { showName } from '../model/resolution.ts';
import { absentRouters } from './absent.ts';
import { namedEntryPoint } from './choose-entry-point.ts';
import { awaitedCode } from './explain-service.ts';
import { Faults, statusOf } from './faults.ts';
import type { ModelView } from './view.ts';

/** All entrypoints, or the one of that name. Throws `explain.no-entrypoint` when there is none. */
export function routeList(view: ModelView, entryPoint?: string): RouteList {
  const { model, disabled } = view;
  if (entryPoint !== undefined) namedEntryPoint(entryPoint, model.entryPoints);
  const faults = new Faults(disabled);
  const tables = model.entryPoints
    .filter(({ name }) => entryPoint === undefined || name === entryPoint)
    .flatMap((each) => tablesOf(model, each));
  return {
    entryPoints: tables.map(({ routers, ...table }) => ({
      ...table,
      routers: routers.map((router) => routeInfo(view, router, faults)),
    })),
    ...absentRouters(view),
  };
}

interface Table extends Omit<RouteTableInfo, 'routers'> {
  readonly routers: readonly RouterModel[];
}

/** What is tried on an entrypoint; on an uplink entrypoint there is one table for each uplink. */
export function tablesOf(model: Model, entryPoint: EntryPointModel): readonly Table[] {
  const { name, address, tls, uplink } = entryPoint;
  const common = { entryPoint: name, address, tls: tls || uplink !== undefined };
  if (uplink === undefined) {
    return [{ ...common, routers: inOrder(model.routers.filter((each) => takesFrom(each, entryPoint))) }];
  }
  return uplink.tables.map(([exposed, indexes]) => ({
    ...common,
    uplink: exposed,
    routers: inOrder(indexes.map((index) => model.routers[index]!)),
  }));
}

/** Whether requests can come that it takes: those over TLS, or those without. */
function takesFrom(router: RouterModel, { name, tls, clear }: EntryPointModel): boolean {
  return router.entryPoints.includes(name) && (router.tls ? tls : !tls || clear === true);
}

function inOrder(routers: readonly RouterModel[]): readonly RouterModel[] {
  return [...routers].sort((a, b) => b.priority - a.priority);
}

/** Routers that are tried once `router` has matched, in their order. */
export function childrenOf(model: Model, router: RouterModel): readonly RouterModel[] {
  return inOrder((router.children ?? []).map((index) => model.routers[index]!));
}

/** The reason why requests of `router` get a 503; undefined when they don't. */
export function brokenReason({ model, running }: ModelView, router: RouterModel): string | undefined {
  const service = model.services[router.service];
  if (service?.kind === 'broken' && service.code === awaitedCode && !running) return undefined;
  return service?.kind === 'broken' ? service.detail : undefined;
}

/** Nobody wrote it: it answers in place of a router that cannot serve. */
export function isStandIn(service: ServiceModel): boolean {
  return service.kind === 'broken' && service.name[1] === 'internal';
}

function routeInfo(view: ModelView, router: RouterModel, faults: Faults): RouteInfo {
  const { model } = view;
  const name = showName(router.name);
  const service = model.services[router.service];
  return {
    name,
    priority: router.priority,
    rule: router.rule,
    tls: router.tls,
    middlewares: router.middlewares.map((index) => showName(model.middlewares[index]!.name)),
    ...(service === undefined || isStandIn(service) ? {} : { service: showName(service.name) }),
    ...statusOf(faults.of('router', name), brokenReason(view, router)),
    children: childrenOf(model, router).map((child) => routeInfo(view, child, faults)),
  };
}
