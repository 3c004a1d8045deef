/** Joins or renews in a short-lived process and passes the outcome on. */
import { type ChildProcess, spawn } from 'node:child_process';
import { helperEntry } from '@ficus/common/entry.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { JoinByFile } from './join-by-file.ts';

/** What the process is to do. */
export type EnrolTask =
  | { readonly kind: 'renew'; readonly stateDirectory: string }
  | ({ readonly kind: 'join' } & JoinByFile);

/** What it says, one line on standard output. */
export type EnrolReport =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly remedy?: string };

/** Longest task, its retries included. Milliseconds. */
const timeoutMs = 120_000;
const maxOutput = 64 * 1024;

/**
 * Resolves when the new identity is on disk, rejects with the reason. `signal` ends the process. `entry` is for tests.
 */
export async function enrolInProcess(task: EnrolTask, signal: AbortSignal, entry?: string): Promise<void> {
  signal.throwIfAborted();
  const { file, execArgv, execPath, argv0 } = helperEntry('enrol', import.meta.url);
  const worker = spawn(execPath, [...execArgv, entry ?? file, JSON.stringify(task)], {
    argv0,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const [output, complaint, exit] = await Promise.all([
    capped(worker.stdout as NonNullable<ChildProcess['stdout']>),
    capped(worker.stderr as NonNullable<ChildProcess['stderr']>),
    ended(worker),
  ]);
  const report = parseReport(output);
  if (report?.ok) return;
  if (report !== undefined) {
    const { code, message, remedy } = report;
    throw new FicusError(code, message, remedy === undefined ? {} : { remedy });
  }
  throw new FicusError(
    'enrol.crashed',
    `the process that was to ${task.kind} ended without an answer (${exit}): ${lastLine(complaint)}`,
  );
}

async function ended(worker: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  worker.once('error', reject);
  worker.once('close', (code, signal) => resolve(signal ?? `status ${code}`));
  return promise;
}

async function capped(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) if (text.length < maxOutput) text += String(chunk);
  return text;
}

function parseReport(output: string): EnrolReport | undefined {
  try {
    const report = JSON.parse(output) as Partial<Record<string, unknown>> | null;
    if (report?.['ok'] === true) return report as unknown as EnrolReport;
    const told = typeof report?.['code'] === 'string' && typeof report['message'] === 'string';
    return report?.['ok'] === false && told ? (report as unknown as EnrolReport) : undefined;
  } catch {
    return undefined;
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}
