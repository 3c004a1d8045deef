/** From a request to its reply: which operation it is, who asks, and what the switches make of it. */

import { categoryRoutes } from '../api/categories.ts';
import type { Call, Central, Reply, Route } from '../api/central.ts';
import { networkRoutes, taskRoutes } from '../api/others.ts';
import { v3 } from '../api/v3.ts';
import { vmActionRoutes } from '../api/vm-actions.ts';
import { vmRoutes } from '../api/vms.ts';
import { ApiError, errorBody, forbiddenBody, noSuchPath } from '../wire/errors.ts';
import { type Namespace, namespaces } from '../wire/profile.ts';
import { v3Unauthorized } from '../wire/v3.ts';
import type { Accounts } from './accounts.ts';

export type Asked = Omit<Call, 'names' | 'minor' | 'account'>;

/** What a 401 or a 429 is written for. */
interface Operation {
  readonly namespace: Namespace;
  readonly minor: number;
  readonly answer: string;
  readonly run: ((call: Call) => Reply) | undefined;
  readonly names: Readonly<Record<string, string>>;
}

export type Dispatch = (asked: Asked) => Reply;

const html = (title: string): Reply => ({
  status: 0,
  headers: { 'Content-Type': 'text/html' },
  body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
});

export function dispatcher(central: Central, accounts: Accounts): Dispatch {
  const routes = [
    ...vmRoutes(central),
    ...vmActionRoutes(central),
    ...categoryRoutes(central),
    ...taskRoutes(central),
    ...networkRoutes(central),
  ].map((route) => ({ ...route, parts: route.pattern.split('/') }));
  return (asked) => {
    central.tasks.settle();
    if (asked.path.startsWith('/api/nutanix/v3/')) return legacy(asked, central, accounts);
    const operation = find(asked, central, routes);
    if (operation === undefined) return { ...html('404 Not Found'), status: 404 };
    return answer(asked, operation, central, accounts);
  };
}

function answer(asked: Asked, operation: Operation, central: Central, accounts: Accounts): Reply {
  const { faults, profile } = central;
  const { namespace } = operation;
  const account = faults.credentialsExpired ? undefined : accounts.of(asked.headers, { apiKeys: true });
  try {
    if (account === undefined) return unauthorized(asked, operation, central);
    if (faults.forbidden.includes(namespace))
      return { status: 403, body: forbiddenBody(namespace, `${asked.origin}${asked.path}`) };
    if (operation.run === undefined) throw noSuchPath(asked.path);
    const reply = operation.run({ ...asked, account, names: operation.names, minor: operation.minor });
    return asked.headers.cookie === undefined && faults.setCookie
      ? { ...reply, headers: { ...reply.headers, 'Set-Cookie': accounts.begin(account) } }
      : reply;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const at = { path: asked.path, time: new Date().toISOString() };
    const body = errorBody(profile, namespace, operation.answer, error, at);
    return { status: error.status, headers: error.headers, body };
  }
}

/** Classify on the status: the body may be anything. */
function unauthorized(asked: Asked, { namespace, answer: objectType }: Operation, central: Central): Reply {
  const shape = central.faults.unauthorizedBody;
  if (shape === 'empty') return { status: 401 };
  if (shape === 'html') return { ...html('401 Authorization Required'), status: 401 };
  if (shape === 'text')
    return { status: 401, headers: { 'Content-Type': 'text/plain' }, body: 'Authentication required.' };
  const error = new ApiError(401, {
    message: 'Authentication required.',
    code: 'PLAT-10001',
    group: 'AUTHENTICATION_REQUIRED',
  });
  const at = { path: asked.path, time: '' };
  return { status: 401, body: errorBody(central.profile, namespace, objectType, error, at) };
}

function legacy(asked: Asked, central: Central, accounts: Accounts): Reply {
  const { faults } = central;
  const account = faults.credentialsExpired
    ? undefined
    : accounts.of(asked.headers, { apiKeys: faults.v3TakesApiKeys });
  if (account === undefined) return { status: 401, body: v3Unauthorized };
  const reply = v3(central, { ...asked, account, names: {}, minor: 0 });
  return reply ?? { ...html('404 Not Found'), status: 404 };
}

type Known = Route & { readonly parts: readonly string[] };

/** The operation that a path names; without `run` when its namespace does not serve it. */
function find(asked: Asked, central: Central, routes: readonly Known[]): Operation | undefined {
  const [, api, space = '', version = '', ...rest] = asked.path.split('/');
  const namespace = namespaces.find((one) => one === space);
  if (api !== 'api' || namespace === undefined) return undefined;
  const highest = central.profile.minors[namespace];
  const none = { namespace, minor: 0, answer: `${namespace}.v4.error.ErrorResponse`, names: {} };
  if (version === 'unversioned') {
    const served = highest >= 2 || central.faults.optionsBeforeV42;
    const run = (): Reply => ({ status: 200, body: { data: `v4.${highest}` } });
    const asks = asked.method === 'OPTIONS' && rest.join('/') === 'info';
    return { ...none, run: served && asks ? run : undefined };
  }
  const minor = Number(/^v4\.(\d)$/.exec(version)?.[1] ?? Number.NaN);
  if (!(minor <= highest)) return { ...none, run: undefined };
  const parts = ['', ...rest.map(decoded)];
  for (const route of routes) {
    if (route.namespace !== namespace || route.method !== asked.method) continue;
    const names = matched(route.parts, parts);
    if (names !== undefined) return { namespace, minor, answer: route.answer, run: route.handle, names };
  }
  return { ...none, run: undefined };
}

function matched(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const names: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const part = parts[index] as string;
    if (wanted.startsWith('{')) names[wanted.slice(1, -1)] = part;
    else if (wanted !== part) return undefined;
  }
  return names;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
