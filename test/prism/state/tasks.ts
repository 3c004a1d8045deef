/** Asynchronous operations: what they come to, and when, on a clock. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '@ficus/common/clock.ts';

/** One of the service that runs tasks: base64 of `ergon`. */
const prefix = 'ZXJnb24=';

/**
 * How a task ends. `fail`: with messages. `fail-legacy`: the reason is in `legacyErrorMessage` only. `fail-silent`: nothing says why.
 * `etag-mismatch`: what the request's ETag should have prevented. `suspend` and `stall` never end, `stall` in RUNNING.
 */
export type TaskOutcome =
  | 'succeed'
  | 'fail'
  | 'fail-legacy'
  | 'fail-silent'
  | 'etag-mismatch'
  | 'cancel'
  | 'suspend'
  | 'stall';

export interface EntityReference {
  readonly extId: string;
  readonly name?: string;
  /** `vmm:ahv:config:vm`. */
  readonly rel: string;
}

export type TaskStatus =
  | 'QUEUED'
  | 'RUNNING'
  | 'CANCELING'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'CANCELED'
  | 'SUSPENDED';

/** A task as it is now. */
export interface TaskView {
  readonly extId: string;
  readonly operation: string;
  readonly description: string;
  readonly createdTime: string;
  readonly lastUpdatedTime: string;
  readonly startedTime?: string;
  readonly completedTime?: string;
  readonly progress: number;
  readonly status: TaskStatus;
  readonly cancelable: boolean;
  readonly entities?: readonly EntityReference[];
  readonly errors?: readonly { readonly message: string; readonly code: string; readonly group: string }[];
  readonly legacyErrorMessage?: string;
}

export interface NewTask {
  readonly operation: string;
  readonly description: string;
  readonly entity: EntityReference;
  readonly outcome: TaskOutcome;
  /** Milliseconds from its creation to RUNNING, and from there to its end. */
  readonly queuedMs: number;
  readonly runningMs: number;
  /** Names the entity twice, as real ones do at times. */
  readonly duplicateEntities: boolean;
  /** What it does, when it succeeds. May throw what it fails of. */
  readonly run: () => void;
}

interface Task extends NewTask {
  readonly extId: string;
  readonly created: number;
  /** Set when it was asked to stop, or when `run` threw. */
  ended?: { readonly at: number; readonly as: TaskOutcome; readonly why?: string };
  done: boolean;
}

/** All tasks. Time passes when somebody looks. */
export class Tasks {
  readonly #clock: Clock;
  readonly #tasks = new Map<string, Task>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns its extId. */
  add(task: NewTask): string {
    const extId = `${prefix}:${randomUUID()}`;
    this.#tasks.set(extId, { ...task, extId, created: this.#clock.now(), done: false });
    return extId;
  }

  /** Lets what is due happen, in the order it was asked for. */
  settle(): void {
    const now = this.#clock.now();
    for (const task of this.#tasks.values()) {
      const due = task.created + task.queuedMs + task.runningMs;
      if (task.done || now < due || task.ended !== undefined || task.outcome !== 'succeed') continue;
      task.done = true;
      try {
        task.run();
      } catch (error) {
        task.ended = { at: due, as: 'fail', why: error instanceof Error ? error.message : String(error) };
      }
    }
  }

  get(extId: string): TaskView | undefined {
    const task = this.#tasks.get(extId);
    return task === undefined ? undefined : this.#view(task);
  }

  list(): TaskView[] {
    return [...this.#tasks.values()].map((task) => this.#view(task)).reverse();
  }

  /** False when it is over already. */
  cancel(extId: string): boolean {
    const task = this.#tasks.get(extId);
    if (task === undefined || !this.#view(task).cancelable) return false;
    task.ended = { at: this.#clock.now(), as: 'cancel' };
    return true;
  }

  #view(task: Task): TaskView {
    const now = this.#clock.now();
    const started = task.created + task.queuedMs;
    const end = task.ended?.at ?? started + task.runningMs;
    const outcome = task.ended?.as ?? task.outcome;
    const base = {
      extId: task.extId,
      operation: task.operation,
      description: task.description,
      createdTime: timeOf(task.created),
    };
    if (now < started && task.ended === undefined) {
      return {
        ...base,
        lastUpdatedTime: timeOf(task.created),
        progress: 0,
        status: 'QUEUED',
        cancelable: true,
      };
    }
    const running = { ...base, startedTime: timeOf(Math.min(started, end)) };
    if (now < end || outcome === 'stall') {
      return {
        ...running,
        lastUpdatedTime: timeOf(started),
        progress: 40,
        status: 'RUNNING',
        cancelable: true,
      };
    }
    if (outcome === 'suspend') {
      return {
        ...running,
        lastUpdatedTime: timeOf(end),
        progress: 40,
        status: 'SUSPENDED',
        cancelable: true,
      };
    }
    const entities = task.duplicateEntities ? [task.entity, task.entity] : [task.entity];
    return {
      ...running,
      lastUpdatedTime: timeOf(end),
      completedTime: timeOf(end),
      progress: 100,
      cancelable: false,
      ...ending(outcome, task.ended?.why, entities),
    };
  }
}

function ending(
  outcome: TaskOutcome,
  why: string | undefined,
  entities: readonly EntityReference[],
): Pick<TaskView, 'status' | 'entities' | 'errors' | 'legacyErrorMessage'> {
  if (outcome === 'succeed') return { status: 'SUCCEEDED', entities };
  if (outcome === 'cancel') return { status: 'CANCELED' };
  if (outcome === 'fail-silent') return { status: 'FAILED' };
  if (outcome === 'fail-legacy') {
    const message =
      "Operation failed due to legacy error and 'legacyErrorMessage' should be referred to for details";
    return {
      status: 'FAILED',
      errors: [{ message, code: 'TSKS-20801', group: 'LEGACY_ERROR' }],
      legacyErrorMessage: 'Could not resolve category reference.',
    };
  }
  if (outcome === 'etag-mismatch') {
    const message =
      "Failed to perform the operation as the If-Match header value passed 'MSww' because it doesn't match the current value in the server 'Miww'.";
    return { status: 'FAILED', errors: [{ message, code: 'VMM-30303', group: 'VM_ETAG_MISMATCH' }] };
  }
  const message = why ?? 'Not enough resources on the cluster.';
  return { status: 'FAILED', errors: [{ message, code: 'VMM-30102', group: 'VM_OPERATION_FAILED' }] };
}

/** RFC 3339 with microseconds. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
