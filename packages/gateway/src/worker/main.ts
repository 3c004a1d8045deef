/** Composition root of a data-plane worker: an engine that does what the main process says, and ends with it. */
import { systemClock } from '@ficus/common/clock.ts';
import { loader } from '@ficus/common/load.ts';
import type { AccessLogOptions } from '../access-log/options.ts';
import type { ListenHandle } from '../entrypoint/listen-handle.ts';
import type { LimitsToWorker } from '../limits/messages.ts';
import { SharedLimits } from '../limits/shared.ts';
import type { Model } from '../model/model.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';
import { drain } from '../runtime/drain.ts';
import { Engine } from '../runtime/engine.ts';
import { processStats } from '../runtime/stats.ts';
import { Answers } from './answers.ts';
import { type FromWorker, sharedLimitsFlag, type ToWorker } from './messages.ts';
import { appliedDelta, type ModelDelta } from './model-delta.ts';
import { dropLoadingGarbage, YoungGeneration } from './young-generation.ts';

/** How often counters go to the main process: what a killed worker had not sent is lost from the sums. */
const statsMs = 250;

const log: DataPlaneLog = (level, message, fields) =>
  tell({ type: 'log', level, message, ...(fields === undefined ? {} : { fields }) });
const load = loader(import.meta.url);
const [, , accessLogOptions = '', limitsFlag] = process.argv;
const accessLog =
  accessLogOptions === ''
    ? undefined
    : // Loaded only when wanted: an import of node:fs alone is 2 MiB of a worker's 70.
      new (load<typeof import('../access-log/access-log.ts')>('../access-log/access-log').AccessLog)(
        JSON.parse(accessLogOptions) as AccessLogOptions,
        systemClock,
        log,
      );

/** A worker without others limits alone. */
const limits = limitsFlag === sharedLimitsFlag ? new SharedLimits(systemClock, tell, log) : undefined;
const engine = new Engine({
  clock: systemClock,
  log,
  accessLog,
  limits,
  onEndpointFailure: (failure) => tell({ type: 'failure', failure }),
});
const answers = new Answers(engine, tell);
let served: Model | undefined;

process.on('message', (message: ToWorker, handle: unknown) => {
  if (message.type === 'limits') limits?.heard(message);
  else void answer(message, handle as ListenHandle | undefined);
});
// The main process is gone: nobody would ever tell this worker of a change again.
process.on('disconnect', () => process.exit(0));
// A terminal's Ctrl-C and a service manager's TERM reach the whole group: the main process decides when workers end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('SIGHUP', () => undefined);
// Also when it is sent to the whole group; unheard, it would open Node's debugger.
if (accessLog !== undefined) process.on('SIGUSR1', () => accessLog.reopen());

const young = new YoungGeneration(statsMs);
setInterval(() => {
  young.tick(engine.served);
  tell({ type: 'stats', stats: processStats(engine) });
}, statsMs).unref();
dropLoadingGarbage();
tell({ type: 'ready' });

async function answer(
  message: Exclude<ToWorker, LimitsToWorker>,
  handle: ListenHandle | undefined,
): Promise<void> {
  if (message.type === 'publish') {
    engine.publish(message.document);
    return;
  }
  if (message.type === 'reopen') {
    accessLog?.reopen();
    return;
  }
  if (message.type === 'ask' || message.type === 'took' || message.type === 'unask') {
    answers.handle(message);
    return;
  }
  const seq = message.seq;
  try {
    switch (message.type) {
      case 'apply':
        apply(message);
        break;
      case 'patch':
        engine.patch(message.patch);
        break;
      case 'listen':
        await engine.listen(message.entryPoint, handle as ListenHandle);
        break;
      case 'stats':
        tell({ type: 'done', seq, stats: processStats(engine) });
        return;
      case 'drain': {
        const cut = await drain(engine, message);
        tell({ type: 'done', seq, cut, stats: processStats(engine) });
        return;
      }
    }
    tell({ type: 'done', seq });
  } catch (error) {
    tell({ type: 'done', seq, error: error instanceof Error ? error.message : String(error) });
  }
}

function apply({ model, delta }: Extract<ToWorker, { readonly type: 'apply' }>): void {
  const next = model ?? appliedDelta(served as Model, delta as ModelDelta);
  engine.apply(next);
  served = next;
}

function tell(message: FromWorker): void {
  // An error here means the main process is gone; `disconnect` follows.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
