import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { mock, test } from 'node:test';
import { systemClock } from '../clock.ts';
import { type Say, serviceManager } from './notify.ts';

/** What was said, and who has to be told that it is said. */
function listener() {
  const said: string[] = [];
  const logged: string[] = [];
  let answer: ((error?: string) => void) | undefined;
  const say: Say = (pairs, done) => {
    said.push(pairs.join(' '));
    answer = done;
  };
  return {
    ...{ said, logged, say },
    log: (_level: string, message: string, fields: object = {}) =>
      void logged.push(`${message} ${JSON.stringify(fields)}`),
    heard: (error?: string) => answer?.(error),
  };
}

const watched = () => ({
  NOTIFY_SOCKET: '/run/systemd/notify',
  WATCHDOG_USEC: '30000000',
  WATCHDOG_PID: '77',
});

test('without a service manager there is nobody to tell', () => {
  const { log, say } = listener();
  assert.equal(serviceManager({ clock: systemClock, log, say, env: {} }), undefined);
});

test('starting it asks for time, serving it says that it lives, at half the interval', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { said, log, say, heard } = listener();
    const env: Record<string, string | undefined> = watched();
    const manager = serviceManager({ clock: systemClock, log, say, env, pid: 77 });
    assert.deepEqual(Object.keys(env), [], 'helper processes get none of the variables');
    mock.timers.tick(15_000);
    heard();
    manager?.ready();
    heard();
    mock.timers.tick(15_000);
    // Not heard yet: the next one is left out, not piled up.
    mock.timers.tick(15_000);
    heard();
    mock.timers.tick(15_000);
    manager?.stopping();
    heard();
    assert.deepEqual(said, [
      'EXTEND_TIMEOUT_USEC=60000000',
      'READY=1 STATUS=serving',
      'WATCHDOG=1',
      'WATCHDOG=1',
      'STOPPING=1 STATUS=stopping: requests in flight are served',
    ]);
  } finally {
    mock.timers.reset();
  }
});

test('a watchdog of another process is not fed', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { said, log, say, heard } = listener();
    serviceManager({ clock: systemClock, log, say, env: watched(), pid: 78 })?.ready();
    heard();
    mock.timers.tick(60_000);
    assert.deepEqual(said, ['READY=1 STATUS=serving']);
  } finally {
    mock.timers.reset();
  }
});

test('that nobody could be told is logged once', () => {
  const { logged, log, say, heard } = listener();
  const manager = serviceManager({ clock: systemClock, log, say, env: { NOTIFY_SOCKET: '@x' } });
  manager?.ready();
  heard('spawn systemd-notify ENOENT');
  manager?.stopping();
  heard('spawn systemd-notify ENOENT');
  assert.deepEqual(logged, [
    'systemd was not told how this service is {"reason":"spawn systemd-notify ENOENT"}',
  ]);
});

/** Prints each datagram that says something, and closes what comes with it: so it is said that it was heard. */
const receiver = `import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); print('bound', flush=True)
while True:
    data, ancillary, _, _ = s.recvmsg(4096, socket.CMSG_SPACE(16))
    for _, _, fds in ancillary:
        for fd in array.array('i', fds[:len(fds) - len(fds) % 4]): os.close(fd)
    if data and not data.startswith(b'BARRIER'): print(data.decode().replace(chr(10), ' '), flush=True)`;

const missing = ['systemd-notify', 'python3'].find((tool) => {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});

test('the real systemd-notify says it to a real socket', {
  skip:
    missing === undefined
      ? false
      : `${missing} is not on the PATH; install it with: apt-get install systemd python3`,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ficus-notify-'));
  const socket = join(folder, 'notify');
  const python = spawn('python3', ['-c', receiver, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const lines: string[] = [];
    const printed = createInterface(python.stdout)[Symbol.asyncIterator]();
    const heard = async (count: number) => {
      while (lines.length < count) lines.push((await printed.next()).value as string);
    };
    await heard(1);
    const { log, logged } = listener();
    const manager = serviceManager({ clock: systemClock, log, env: { NOTIFY_SOCKET: socket } });
    manager?.ready();
    await heard(2);
    manager?.stopping();
    await heard(3);
    assert.deepEqual(lines, [
      'bound',
      'READY=1 STATUS=serving',
      'STOPPING=1 STATUS=stopping: requests in flight are served',
    ]);
    assert.deepEqual(logged, []);
  } finally {
    python.kill('SIGKILL');
    await rm(folder, { recursive: true });
  }
});
