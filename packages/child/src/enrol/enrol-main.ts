/**
 * Entry of the short-lived process that joins or renews: `enrol-main <EnrolTask as JSON>`. Either needs an HTTP client once
 * in hours; in a process of its own, the child that serves never carries its memory.
 * Standard output gets one line of JSON, an `EnrolReport`.
 */
import { systemClock } from '@ficus/common/clock.ts';
import { toProblem } from '@ficus/common/errors.ts';
import { createLog } from '@ficus/common/log.ts';
import type { EnrolReport, EnrolTask } from './enrol-process.ts';

const common = { clock: systemClock, log: createLog({ level: 'silent' }) };

void report().then((told) => {
  process.stdout.write(`${JSON.stringify(told)}\n`);
  process.exitCode = told.ok ? 0 : 1;
});

/** Never rejects. */
async function report(): Promise<EnrolReport> {
  try {
    await run(JSON.parse(process.argv[2] ?? '') as EnrolTask);
    return { ok: true };
  } catch (error) {
    const { code, detail, remedy } = toProblem(error);
    const message = detail ?? (error instanceof Error ? error.message : 'unknown error');
    return { ok: false, code, message, ...(remedy === undefined ? {} : { remedy }) };
  }
}

async function run(task: EnrolTask): Promise<void> {
  const { stateDirectory } = task;
  if (task.kind === 'renew') {
    const { renewCertificate } = await import('./renew.ts');
    await renewCertificate({ stateDirectory, ...common });
    return;
  }
  const { joinByFile } = await import('./join-by-file.ts');
  // Who waits for it tries again, and says so at once.
  await joinByFile(task, { ...common, retry: { retries: 0, minTimeout: 1 } });
}
