/** A Redis of a test's own, on a free port with a folder of its own, and a few words with it. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { find, freePort, Managed, TemporaryDirectory } from '../harness/harness.ts';

export interface TestRedis extends AsyncDisposable {
  readonly port: number;
  readonly process: Managed;
}

/** Starts one with these further arguments; `{here}` is the folder that `files` are in. */
export async function startRedis(
  args: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
  port?: number,
): Promise<TestRedis> {
  const directory = await TemporaryDirectory.make('redis');
  for (const [name, content] of Object.entries(files)) await directory.write(name, content);
  const own = port ?? (await freePort());
  const process = new Managed({
    name: 'redis',
    command: find('redis-server') ?? 'redis-server',
    args: [
      ...[
        '--port',
        `${own}`,
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--appendonly',
        'no',
        '--dir',
        directory.path,
      ],
      ...args.map((arg) => arg.replaceAll('{here}', directory.path)),
    ],
  });
  const redis: TestRedis = {
    port: own,
    process,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
  await process.until(() => process.output.includes('Ready to accept connections'), 'to be ready');
  return redis;
}

/** What it answers to one inline command, as it comes. */
export async function say(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.end(`${command}\r\nQUIT\r\n`);
  let answer = '';
  socket.on('data', (text: string) => {
    answer += text;
  });
  await once(socket, 'close');
  return answer;
}
