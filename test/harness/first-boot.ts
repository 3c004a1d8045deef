/** A machine at its first boot, as far as user-data sees it: files are written and the script runs, all below a folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parse } from 'yaml';
import { TemporaryDirectory } from './directory.ts';
import { eventually } from './eventually.ts';

export interface FirstBoot extends AsyncDisposable {
  /** A path of the machine, such as `/etc/ficus/child.yaml`. */
  file(path: string): string;
  /** What the script has said so far. */
  readonly said: string;
  readonly exited: Promise<number | null>;
  /** Runs it again, as systemd does. */
  run(): void;
  says(pattern: RegExp): Promise<void>;
}

interface UserData {
  readonly write_files: readonly { path: string; permissions: string; content: string; encoding?: string }[];
}

/** Writes what `userData` says and makes a `systemctl` that notes what it is told in `/systemctl.log`. Nothing runs yet. */
export async function firstBoot(userData: string): Promise<FirstBoot> {
  const root = await TemporaryDirectory.make('first-boot');
  const { write_files: files } = parse(userData, { version: '1.1' }) as UserData;
  const file = (path: string) => root.file(path.replace(/^\//, ''));
  const write = async (path: string, content: string, mode: number) => {
    await mkdir(dirname(file(path)), { recursive: true });
    await writeFile(file(path), content);
    await chmod(file(path), mode);
  };
  for (const { path, permissions, content, encoding } of files) {
    const text = encoding === 'b64' ? Buffer.from(content, 'base64').toString('utf8') : content;
    const here = /ficus-bootstrap$|child\.yaml$/.test(path) ? below(root.path, text) : text;
    await write(path, here, Number.parseInt(permissions, 8));
  }
  await write('/var/lib/cloud/instances/i-1/user-data.txt', userData, 0o600);
  await mkdir(file('/run/systemd/system'), { recursive: true });
  for (const stub of ['systemctl', 'journalctl']) {
    await write(`/stubs/${stub}`, `#!/bin/sh\necho ${stub} "$@" >>${root.path}/${stub}.log\n`, 0o755);
  }

  let said = '';
  let child: ChildProcess | undefined;
  let exited: Promise<number | null> = Promise.resolve(null);
  return {
    file,
    get said() {
      return said;
    },
    get exited() {
      return exited;
    },
    run() {
      const script = spawn(file('/usr/local/sbin/ficus-bootstrap'), [], {
        env: { PATH: `${root.path}/stubs:${process.env['PATH']}` },
        stdio: ['ignore', 'pipe', 'pipe'],
        // It has children of its own, which must go with it.
        detached: true,
      });
      child = script;
      for (const stream of [script.stdout, script.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text;
        });
      }
      exited = new Promise((resolve) => script.on('close', (code) => resolve(code)));
    },
    says: async (pattern) => {
      await eventually(
        () => pattern.test(said) || Promise.reject(new Error(`it said:\n${said}`)),
        20_000,
        `${pattern}`,
      );
    },
    async [Symbol.asyncDispose]() {
      if (child?.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      await exited;
      await root[Symbol.asyncDispose]();
    },
  };
}

/** A script or a configuration with its absolute paths below `root`; install.sh is told the same. */
function below(root: string, script: string): string {
  return script
    .replace(/(?<=[= ])\/(etc|run|var)\//g, `${root}/$1/`)
    .replace('sh "$work/install.sh"', `sh "$work/install.sh" --root ${root}`);
}
