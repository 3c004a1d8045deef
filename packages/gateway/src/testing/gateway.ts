/** A real data plane in the test's own process (or in workers), ended with the test's scope. */
import type { Clock } from '@ficus/common/clock.ts';
import type { AccessLogOptions } from '../access-log/options.ts';
import type { Model } from '../model/model.ts';
import type { DataPlane } from '../runtime/data-plane.ts';
import { startDataPlane } from '../runtime/start.ts';
import { ManualClock } from './manual-clock.ts';
import { type ModelParts, modelOf } from './models.ts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

export interface TestGateway extends AsyncDisposable {
  readonly plane: DataPlane;
  /** Port of the entrypoint `web`. */
  readonly port: number;
  readonly model: Model;
  readonly log: readonly LogLine[];
}

/** Starts a gateway with `parts`; `workers` 0 serves in this process. */
export async function startGateway(
  parts: ModelParts & {
    readonly clock?: Clock;
    readonly workers?: number;
    readonly model?: Model;
    readonly accessLog?: AccessLogOptions;
  },
): Promise<TestGateway> {
  const log: LogLine[] = [];
  const plane = await startDataPlane({
    workers: parts.workers ?? 0,
    log: (level, message, fields) => log.push({ level, message, fields: fields ?? {} }),
    accessLog: parts.accessLog,
    ...(parts.clock === undefined ? {} : { clock: parts.clock }),
  });
  const model = parts.model ?? modelOf(parts);
  await plane.apply(model);
  return {
    plane,
    model,
    log,
    port: plane.ports.get('web') as number,
    async [Symbol.asyncDispose]() {
      const drained = plane.drain({ lameDuckMs: 0, graceMs: -1 });
      // Nobody else would move a clock of ours past the drain's pauses.
      if (parts.clock instanceof ManualClock) parts.clock.advance(1000);
      await drained;
    },
  };
}
