/** What may go wrong, and what nobody could verify: switches that may be set at any time. */
import type { TaskOutcome } from './state/tasks.ts';
import type { Namespace } from './wire/profile.ts';

/** Something that happens to the next requests. */
export interface Fault {
  /**
   * `unavailable`: 503. `limited`: 429. `status`: any other status. `hang`: no answer until the client leaves. `reset`: TCP reset.
   * `truncate`: half the body, then the connection ends. `garbage`: 200 with what is no JSON.
   */
  readonly kind: 'unavailable' | 'limited' | 'status' | 'hang' | 'reset' | 'truncate' | 'garbage';
  readonly status?: number;
  /** How many requests; default 1. `Infinity` (in JSON: -1) goes on. */
  times?: number;
  /** Only requests whose path as sent contains this. */
  readonly path?: string;
  /** Only this method. */
  readonly method?: string;
  /** Whole seconds of a `Retry-After`; none unless given. */
  readonly retryAfter?: number;
}

/** What the next tasks come to. */
export interface TaskFault {
  readonly outcome: TaskOutcome;
  /** `CreateVm`, `PowerOnVm`; any unless given. */
  readonly operation?: string;
  /** Default 1. */
  times?: number;
}

export interface RateLimit {
  readonly perSecond: number;
  /** Default `perSecond`. */
  readonly burst?: number;
  /** Default true: `Retry-After` with whole seconds. */
  readonly retryAfter?: boolean;
  /** Default 429; some services say 400 with the group RATE_LIMIT_EXCEEDED. */
  readonly status?: 429 | 400;
}

export interface PrismFaults {
  /** Taken in order, each for as many requests as it says. */
  next: Fault[];
  /** Taken in order; tasks succeed otherwise. */
  tasks: TaskFault[];
  /** Published limits are 30, 40, 60 and 80 by the size of the Prism Central. Default none. */
  rate: RateLimit | undefined;
  /** What comes with a 401. Default `json`. */
  unauthorizedBody: 'json' | 'empty' | 'html' | 'text';
  /** Every key and password is refused. */
  credentialsExpired: boolean;
  /** 403 for whole namespaces. */
  forbidden: Namespace[];
  /** extIds of VMs and categories that lists leave out, as RBAC does. */
  hidden: string[];
  /** Whether answers set a session's cookie. Default true. */
  setCookie: boolean;
  /** An empty page's `data`: the three shapes in turn, unless one is named. */
  emptyPage: 'in-turn' | 'array' | 'null' | 'absent';
  /** `shrinks`, `grows`: it becomes the truth over the pages. `low`: every page looks like the last. Default `true`. */
  totals: 'true' | 'shrinks' | 'grows' | 'low';
  /** From the second page: a row that was on the page before comes again, or one is left out. */
  rows: 'still' | 'repeat' | 'skip';
  /** So many GETs of a VM, whichever, say 404: as if it had just been made. */
  readAfterWrite404: number;
  /** So many actions on VMs find that the ETag has moved on: something else changed the VM. */
  etagMoves: number;
  /** Where a stale ETag is found out: at once, or by the task. Default `request`. */
  etagFoundBy: 'request' | 'task';
  /** Milliseconds. Default 20 and 80. */
  taskQueuedMs: number;
  taskRunningMs: number;
  /** A task names its entity twice. Default false. */
  duplicateEntities: boolean;
  /** A network answer takes so long, milliseconds. Default 0. */
  delayMs: number;

  /** Known unknowns. HTTP status of PLAT-10004, a missing If-Match: default 428. */
  missingEtagStatus: 428 | 400;
  /** HTTP status of VMM-30303, a stale If-Match: default 412. */
  staleEtagStatus: 412 | 409 | 400;
  /** Whether OPTIONS of a release before v4.2 is answered: default false, 404. */
  optionsBeforeV42: boolean;
  /** Whether `$filter` on VMs knows categories: default false, 400. */
  vmCategoryFilter: boolean;
  /** `rel` of the task's link in a 202: default `task`. */
  taskRel: string;
  /** Of `ipv4Config.ipAddress`; undefined leaves it out. Default 32. */
  prefixLength: number | undefined;
  /** Whether GET shows `guestCustomization`: default false. */
  echoGuestCustomization: boolean;
  /** Whether v3 takes API keys; its description knows only basic. Default false. */
  v3TakesApiKeys: boolean;
  /** From 7.3, user-data that does not begin with `#cloud-config` is refused. Default true. */
  cloudConfigOnly: boolean;
  /** Whether a body that says `powerState: ON` is refused. Default true. */
  refusesPoweredOn: boolean;
}

export function noFaults(): PrismFaults {
  return {
    next: [],
    tasks: [],
    rate: undefined,
    unauthorizedBody: 'json',
    credentialsExpired: false,
    forbidden: [],
    hidden: [],
    setCookie: true,
    emptyPage: 'in-turn',
    totals: 'true',
    rows: 'still',
    readAfterWrite404: 0,
    etagMoves: 0,
    etagFoundBy: 'request',
    taskQueuedMs: 20,
    taskRunningMs: 80,
    duplicateEntities: false,
    delayMs: 0,
    missingEtagStatus: 428,
    staleEtagStatus: 412,
    optionsBeforeV42: false,
    vmCategoryFilter: false,
    taskRel: 'task',
    prefixLength: 32,
    echoGuestCustomization: false,
    v3TakesApiKeys: false,
    cloudConfigOnly: true,
    refusesPoweredOn: true,
  };
}

/** The first of the list that fits, counted down and removed when used up. */
export function take<T extends { times?: number }>(list: T[], fits: (one: T) => boolean): T | undefined {
  const index = list.findIndex(fits);
  const one = list[index];
  if (one === undefined) return undefined;
  const left = one.times ?? 1;
  if (left === 1) list.splice(index, 1);
  else if (left > 1) one.times = left - 1;
  return one;
}
