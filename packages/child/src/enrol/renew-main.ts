/**
 * Entry of the short-lived renewal process: `renew-main <state directory>`. A renewal needs an HTTP client once in
 * twelve hours; in a process of its own, the child that serves never carries its memory.
 * Standard output gets one line of JSON, a `RenewalReport`.
 */
import { systemClock } from '@ficus/common/clock.ts';
import { toProblem } from '@ficus/common/errors.ts';
import { createLog } from '@ficus/common/log.ts';
import { renewCertificate } from './renew.ts';
import type { RenewalReport } from './renew-process.ts';

const [, , stateDirectory = ''] = process.argv;
let report: RenewalReport;
try {
  const { facts } = await renewCertificate({
    stateDirectory,
    clock: systemClock,
    log: createLog({ level: 'silent' }),
  });
  report = { ok: true, notAfter: facts.notAfter };
} catch (error) {
  const { code, detail, remedy } = toProblem(error);
  const message = detail ?? (error instanceof Error ? error.message : 'unknown error');
  report = { ok: false, code, message, ...(remedy === undefined ? {} : { remedy }) };
}
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exitCode = report.ok ? 0 : 1;
