/** What each middleware does to a request, until one answers in place of the service. */
import type { Explanation, MiddlewareStep } from '@ficus/common/api/explain.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { errorKind } from '../http/errors.ts';
import { getHeader, type Headers, stride } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import type { Verdict } from '../middleware/middleware.ts';
import type { CircuitBreakerModel } from '../model/middleware/circuit-breaker.ts';
import type { MiddlewareModel } from '../model/middleware/models.ts';
import { showName } from '../model/resolution.ts';
import { circuitEffect } from './circuits.ts';
import { dryRun } from './dry-run.ts';
import { headersSetBy, isGate, type MaySet, refusedForSure } from './undecided.ts';
import type { ModelView } from './view.ts';

export interface Passed {
  readonly steps: readonly MiddlewareStep[];
  /** The answer of the last step, when it lets nothing pass. */
  readonly end?: Pick<Explanation, 'outcome' | 'status' | 'code' | 'detail'>;
  /** Index of the service that the last step sends the request to instead. */
  readonly detour?: number;
}

/** What the middlewares that were not run leave open; grows on the way. */
export interface Open {
  /** Names of those that may answer themselves. */
  readonly dependsOn: string[];
  /** Names of those that may set headers, and which. */
  readonly setters: string[];
  readonly maySet: MaySet[];
}

/** Takes `head` through the middlewares of these indexes; changes it as they would. `owner`: as `ownerOf` makes it. */
export function passMiddlewares(
  view: ModelView,
  owner: string,
  indexes: readonly number[],
  head: RequestHead,
  open: Open,
): Passed {
  const steps: MiddlewareStep[] = [];
  for (const index of indexes) {
    const model = view.model.middlewares[index]!;
    const common = { name: showName(model.name), kind: model.kind };
    if (model.kind === 'circuitBreaker') {
      const { effect, open: tripped } = circuitEffect(view, owner, model);
      steps.push({
        ...common,
        effect,
        ...(tripped && model.fallbackService === undefined ? { answers: model.responseCode } : {}),
      });
      if (!tripped) continue;
      return model.fallbackService === undefined
        ? { steps, end: openCircuit(model, effect) }
        : { steps, detour: model.fallbackService };
    }
    const before = { ...head, headers: [...head.headers] };
    const verdict = run(model, head);
    if (verdict === undefined) {
      steps.push({ ...common, effect: changes(before, head) });
    } else if (verdict === 'notRun') {
      note(model, common.name, open);
      steps.push({ ...common, effect: effects[model.kind] ?? 'not run: it needs a real request' });
    } else {
      const end = endOf(verdict);
      steps.push({ ...common, effect: end.detail ?? '', answers: end.status });
      return { steps, end };
    }
  }
  return { steps };
}

function note(model: MiddlewareModel, name: string, { dependsOn, setters, maySet }: Open): void {
  if (isGate(model)) dependsOn.push(name);
  const sets = headersSetBy(model);
  if (sets === undefined) return;
  setters.push(name);
  maySet.push(sets);
}

/** What they do to a request is decided while it is under way. */
const effects: Readonly<Record<string, string>> = {
  basicAuth: 'asks for a user and password, else 401; not checked here',
  buffering: 'reads the body before it goes on; one too large is 413',
  compress: 'compresses the response if the client takes that',
  digestAuth: 'asks for a user and password, else 401; not checked here',
  errors: 'replaces error answers by pages of another service',
  forwardAuth: 'asks another service whether it may pass; not asked here',
  grpcWeb: 'translates gRPC-Web',
  inFlightReq: 'passes while not too many are in flight, else 429',
  passTLSClientCert: "tells the endpoint of the client's certificate",
  rateLimit: 'passes while the rate is kept, else 429',
  retry: 'sends it again when an endpoint fails',
};

function openCircuit({ responseCode }: CircuitBreakerModel, detail: string): NonNullable<Passed['end']> {
  return { outcome: 'unavailable', status: responseCode, code: 'service.circuit-open', detail };
}

type Ended = NonNullable<Passed['end']> & { readonly status: number };

function run(model: MiddlewareModel, head: RequestHead): Verdict | undefined | 'notRun' {
  if (model.kind === 'broken') return { code: 'service.unavailable', detail: model.detail };
  const refused = refusedForSure(model, head);
  if (refused !== undefined) return refused;
  try {
    return dryRun(model, head);
  } catch (error) {
    if (!(error instanceof FicusError)) throw error;
    return { code: 'service.unavailable', detail: `cannot be built: ${error.message}` };
  }
}

function endOf(verdict: Verdict): Ended {
  if ('code' in verdict) {
    const { code, detail } = verdict;
    const status = verdict.status ?? errorKind(code).status;
    const outcome = code === 'service.unavailable' ? 'unavailable' : 'middleware';
    return { outcome, status, code, detail: detail === '' ? errorKind(code).title : detail };
  }
  if ('service' in verdict)
    return { outcome: 'middleware', status: 200, detail: 'sends it to another service' };
  const { status, headers } = verdict;
  const location = getHeader(headers, 'location');
  const detail = location === undefined ? 'answers itself' : `redirects to ${location}`;
  return { outcome: 'middleware', status, detail };
}

/** In words; names of headers only, for their values may be secrets. */
function changes(before: RequestHead, after: RequestHead): string {
  const told: string[] = [];
  if (before.method !== after.method) told.push(`method ${before.method} → ${after.method}`);
  if (before.authority !== after.authority) told.push(`host ${before.authority} → ${after.authority}`);
  if (before.path !== after.path) told.push(`path ${before.path} → ${after.path}`);
  if (before.query !== after.query)
    told.push(`query ${before.query ?? '(none)'} → ${after.query ?? '(none)'}`);
  const [was, is] = [byName(before.headers), byName(after.headers)];
  const set = [...is]
    .filter(([name, { text }]) => was.get(name)?.text !== text)
    .map(([, { written }]) => written);
  const gone = [...was].filter(([name]) => !is.has(name)).map(([, { written }]) => written);
  if (set.length > 0) told.push(`sets ${set.join(', ')}`);
  if (gone.length > 0) told.push(`removes ${gone.join(', ')}`);
  return told.length === 0 ? 'changes nothing of the request' : told.join('; ');
}

function byName(headers: Headers): ReadonlyMap<string, { readonly written: string; readonly text: string }> {
  const names = new Map<string, { readonly written: string; readonly text: string }>();
  for (let i = 0; i < headers.length; i += stride) {
    const [name, value, written] = headers.slice(i, i + stride) as [string, string, string];
    names.set(name, { written, text: `${names.get(name)?.text ?? ''}\n${value}` });
  }
  return names;
}
