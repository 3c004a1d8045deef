import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

test('a reader who goes away ends the command without a complaint', async () => {
  const begin = `const { main } = await import(${JSON.stringify(new URL('./main.ts', import.meta.url).href)});
    await new Promise((closed) => process.stdin.once('data', closed));
    await main(['--help']);`;
  const command = spawn(process.execPath, ['--conditions=source', '--input-type=module', '--eval', begin], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(command, 'exit');
  command.stdout.destroy();
  await once(command.stdout, 'close');
  command.stdin.write('it is closed');
  assert.equal(await text(command.stderr), '');
  assert.deepEqual(await ended, [0, null]);
});
