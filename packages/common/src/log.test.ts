import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FicusError } from './errors.ts';
import { createLog, lineLog } from './log.ts';

function capture(options: Parameters<typeof createLog>[0] = {}) {
  const lines: string[] = [];
  const log = createLog({ ...options, destination: { write: (line) => void lines.push(line) } });
  return { log, lines };
}

test('a line is one JSON object with time, level, fields and message', () => {
  const { log, lines } = capture({ fields: { node: 'vm-1' } });
  lineLog(log)('warn', 'it leans', { degrees: 4 });
  const line = JSON.parse(lines[0] as string);
  assert.deepEqual(
    { ...line, time: typeof line.time, pid: typeof line.pid },
    { level: 'warn', time: 'string', pid: 'number', node: 'vm-1', degrees: 4, msg: 'it leans' },
  );
});

test('secrets never appear: by field name in any depth and case, in bindings, in texts and in errors', () => {
  const { log, lines } = capture({ fields: { token: 'hush' } });
  log.info({ headers: { Authorization: 'hush', 'set-cookie': ['hush'], deep: [{ key: 'hush' }] } }, 'a');
  log.child({ joinToken: 'hush' }).info('b');
  log.info({ text: '-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----' }, 'c');
  log.info({ err: new Error('sent Bearer hush', { cause: new Error('Basic hush==') }) }, 'd');
  assert.equal(lines.length, 4);
  for (const line of lines) assert.doesNotMatch(line, /hush/);
  assert.match(lines[0] as string, /\[redacted\]/);
});

test('a foreseen error has code and remedy and no stack; another has its stack', () => {
  const { log, lines } = capture();
  log.error({ err: new FicusError('token.expired', 'too late', { remedy: 'make a new one' }) }, 'a');
  log.error({ err: new TypeError('oops') }, 'b');
  assert.deepEqual(JSON.parse(lines[0] as string).err, {
    type: 'FicusError',
    code: 'token.expired',
    message: 'too late',
    remedy: 'make a new one',
  });
  assert.match(JSON.parse(lines[1] as string).err.stack, /log\.test\.ts/);
});

test('level is case-insensitive and holds; common is for reading', () => {
  const { log, lines } = capture({ level: 'WARN', format: 'common' });
  log.info('quiet');
  log.warn({ name: 'two words', n: 1 }, 'loud');
  assert.equal(lines.length, 1);
  assert.match(lines[0] as string, /^\d\d:\d\d:\d\d\.\d{3} WARN {2}loud name="two words" n=1\n$/);
});
