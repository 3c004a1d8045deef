/** Waits for a task of Prism Central, which may also never end. */
import { FicusError } from '@ficus/common/errors.ts';
import { plain } from '@ficus/common/plain-text.ts';
import { member, PrismError } from '../api/error.ts';
import { sleep } from '../api/pace.ts';
import { idOf } from '../api/vm.ts';
import { type Called, isMismatch, type PrismCalls } from './calls.ts';

const pollMs = 1000;
/** A task that was just begun may not be there yet. */
const readAfterWriteMs = 10_000;

export interface Affected {
  readonly extId: string;
  /** `vmm:ahv:config:vm`; empty when it is not said. */
  readonly rel: string;
}

/**
 * What the task that a 202 refers to has made or changed. Throws `prism.task-failed`, `prism.etag-mismatch`,
 * `prism.task-canceled`, and `prism.task-timeout` when the calls' deadline passes, suspended or not. `what`: such as
 * `power on VM vm-1`.
 */
export async function finished(calls: PrismCalls, accepted: Called, what: string): Promise<Affected[]> {
  const extId = member(member(accepted.document, 'data'), 'extId');
  // It goes into messages and paths: nothing but what an identifier has, which is `base64:uuid`.
  if (typeof extId !== 'string' || !/^[A-Za-z0-9+/=:_-]{1,200}$/.test(extId)) {
    throw new PrismError('prism.bad-answer', `${what}: want the reference of a task, got something else`, {
      remedy: 'look at the tasks in Prism Central',
    });
  }
  let status = '';
  while (calls.leftMs() > 0) {
    const task = await read(calls, extId);
    status = plain(String(member(task, 'status') ?? ''), 30);
    if (status === 'SUCCEEDED') return affected(task);
    if (status === 'FAILED') throw failed(task, extId, what);
    if (status === 'CANCELED') {
      throw new FicusError('prism.task-canceled', `${what}: somebody cancelled the task ${extId}`, {
        remedy: 'find out who did, and try again',
      });
    }
    await sleep(calls.clock, pollMs, calls.signal);
  }
  throw new FicusError('prism.task-timeout', `${what}: the task ${extId} does not end; it is ${status}`, {
    remedy: 'look at it in Prism Central: it may still succeed',
  });
}

async function read(calls: PrismCalls, extId: string): Promise<unknown> {
  const until = calls.clock.monotonic() + readAfterWriteMs;
  for (;;) {
    try {
      const path = `config/tasks/${encodeURIComponent(extId)}`;
      return member((await calls.newest('prism', path, '')).document, 'data');
    } catch (error) {
      const missing = error instanceof PrismError && error.answered === 404;
      if (!missing || calls.clock.monotonic() >= until) throw error;
      await sleep(calls.clock, pollMs, calls.signal);
    }
  }
}

/** Each one once: real tasks name some twice. */
function affected(task: unknown): Affected[] {
  const list = member(task, 'entitiesAffected');
  const found = new Map<string, Affected>();
  for (const entity of Array.isArray(list) ? list.slice(0, 100) : []) {
    const extId = idOf(member(entity, 'extId'));
    const rel = member(entity, 'rel');
    if (extId !== undefined) found.set(extId, { extId, rel: typeof rel === 'string' ? rel : '' });
  }
  return [...found.values()];
}

/** The reason may be in the messages, in the legacy message only, or nowhere. */
function failed(task: unknown, extId: string, what: string): FicusError {
  const list = member(task, 'errorMessages');
  const errors: readonly unknown[] = Array.isArray(list) ? list : [];
  if (errors.some(isMismatch)) {
    return new FicusError('prism.etag-mismatch', `${what}: something else changes the VM at the same time`, {
      remedy: 'find out what changes the VM, and try again',
    });
  }
  const [first] = errors;
  const words = (name: string): string => {
    const value = member(first, name);
    return typeof value === 'string' ? value : '';
  };
  const legacy = member(task, 'legacyErrorMessage');
  const useLegacy = typeof legacy === 'string' && (first === undefined || words('code') === 'TSKS-20801');
  const said = useLegacy ? legacy : [words('code'), words('message')].filter((each) => each !== '').join(' ');
  const reason = said === '' ? 'Prism Central gives no reason' : plain(said, 300);
  return new FicusError('prism.task-failed', `${what}: the task failed: ${reason}`, {
    remedy: `look at the task ${extId} in Prism Central`,
  });
}
