/** What the API wants of a request that changes something: ETags, request ids, and a task for what takes time. */
import { take } from '../faults.ts';
import type { EntityReference } from '../state/tasks.ts';
import { taskAnswer } from '../wire/envelope.ts';
import { ApiError, schemaError } from '../wire/errors.ts';
import type { Namespace } from '../wire/profile.ts';
import type { Call, Central, Reply } from './central.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Opaque to clients: base64 of `<version>,0`, without quotes. */
export const etagOf = (version: number): string => Buffer.from(`${version},0`).toString('base64');

/** The path's UUID. */
export function pathId(call: Call, name = 'extId'): string {
  const id = call.names[name] as string;
  if (!uuid.test(id))
    throw schemaError(`path.${name}`, name, `ECMA 262 regex "${uuid.source}" does not match input string`);
  return id;
}

/** Whether the client's ETag is stale; throws when there is none or it is none. */
export function staleEtag(call: Call, central: Central, version: number): ApiError | undefined {
  const given = call.headers['if-match'];
  if (given === undefined) {
    throw new ApiError(central.faults.missingEtagStatus, {
      message: 'The If-Match header is required for this operation.',
      code: 'PLAT-10004',
      group: 'MISSING_ETAG_HEADER',
    });
  }
  if (!/^\d+,\d+$/.test(Buffer.from(given, 'base64').toString())) {
    throw new ApiError(412, {
      message: 'Invalid eTag header',
      code: 'PLAT-10005',
      group: 'INVALID_ETAG_HEADER',
    });
  }
  const current = etagOf(version);
  if (given === current) return undefined;
  return new ApiError(central.faults.staleEtagStatus, {
    message: `Failed to perform the operation as the If-Match header value passed '${given}' because it doesn't match the current value in the server '${current}'.`,
    code: 'VMM-30303',
    group: 'VM_ETAG_MISMATCH',
  });
}

export interface Work {
  readonly namespace: Namespace;
  /** `$objectType` of the 202. */
  readonly answer: string;
  /** `CreateVm`. */
  readonly operation: string;
  readonly description: string;
  readonly entity: EntityReference;
  readonly run: () => void;
  /** The task finds out that the ETag is stale. */
  readonly stale?: boolean;
}

/** 202 with a new task. */
export function accepted(call: Call, central: Central, work: Work): Reply {
  const { faults, tasks } = central;
  const fault = take(faults.tasks, (one) => (one.operation ?? work.operation) === work.operation);
  const extId = tasks.add({
    operation: work.operation,
    description: work.description,
    entity: work.entity,
    outcome: work.stale ? 'etag-mismatch' : (fault?.outcome ?? 'succeed'),
    queuedMs: faults.taskQueuedMs,
    runningMs: faults.taskRunningMs,
    duplicateEntities: faults.duplicateEntities,
    run: work.run,
  });
  const id = call.headers['ntnx-request-id'];
  if (typeof id === 'string') central.replays.set(id, extId);
  return reference(call, central, work, extId);
}

/**
 * The id that every write on VMs must have. When it was used before, this is the answer it got: the same task, however that
 * ended.
 */
export function replayed(
  call: Call,
  central: Central,
  work: Pick<Work, 'namespace' | 'answer'>,
): Reply | undefined {
  const id = call.headers['ntnx-request-id'];
  if (id === undefined) {
    throw new ApiError(400, {
      message: 'The NTNX-Request-Id header is required for this operation.',
      code: 'VMM-30400',
      group: 'VM_MISSING_REQUEST_ID_HEADER',
    });
  }
  if (!uuid.test(String(id))) {
    throw new ApiError(400, {
      message: 'The NTNX-Request-Id header must be a UUID.',
      code: 'VMM-30401',
      group: 'VM_INVALID_REQUEST_ID_HEADER',
    });
  }
  const task = central.replays.get(String(id));
  return task === undefined ? undefined : reference(call, central, work, task);
}

function reference(
  call: Call,
  central: Central,
  { namespace, answer }: Pick<Work, 'namespace' | 'answer'>,
  extId: string,
): Reply {
  const { profile, faults } = central;
  const href = `${call.origin}/api/prism/v4.${profile.minors.prism}/config/tasks/${extId}`;
  return { status: 202, body: taskAnswer(profile, namespace, answer, { extId, href, rel: faults.taskRel }) };
}
