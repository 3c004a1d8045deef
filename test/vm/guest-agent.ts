/** Runs commands inside a VM through QEMU's guest agent: no network, no ssh, no password. */
import { setTimeout as pause } from 'node:timers/promises';
import { JsonLines, type Message } from './json-lines.ts';

/** What a finished command said. */
export interface GuestResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const answerMs = 20_000;

/** Runs a line of shell as root. Throws when the agent does not answer, as while the VM boots. */
export async function runInGuest(socket: string, line: string, deadlineMs: number): Promise<GuestResult> {
  using agent = await JsonLines.connect(socket);
  await synchronise(agent);
  const { pid } = await ask(agent, 'guest-exec', {
    path: '/bin/sh',
    arg: ['-c', line],
    'capture-output': true,
  });
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const status = await ask(agent, 'guest-exec-status', { pid });
    if (status['exited'] === true) {
      return {
        code: Number(status['exitcode'] ?? -1),
        stdout: decoded(status['out-data']),
        stderr: decoded(status['err-data']),
      };
    }
    if (performance.now() > deadline) throw new Error(`in the VM, this took too long: ${line}`);
    await pause(50);
  }
}

/** What was said to an earlier connection may still be under way. */
async function synchronise(agent: JsonLines): Promise<void> {
  const id = Math.floor(Math.random() * 1e9);
  agent.send({ execute: 'guest-sync', arguments: { id } });
  await agent.receive((message) => message['return'] === id, answerMs);
}

async function ask(agent: JsonLines, execute: string, args: Message): Promise<Message> {
  agent.send({ execute, arguments: args });
  const answer = await agent.receive((message) => 'return' in message || 'error' in message, answerMs);
  if ('error' in answer) throw new Error(`the guest agent refused ${execute}: ${JSON.stringify(answer)}`);
  return answer['return'] as Message;
}

function decoded(base64: unknown): string {
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64').toString() : '';
}
