/** Programs of other people that tests use where they are installed. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where system daemons are that a user's PATH may leave out. */
const more = ['/usr/sbin', '/usr/local/sbin'];

/** How to install each; shown where its tests are skipped. */
const installs = {
  h2spec: 'go install github.com/summerwind/h2spec/cmd/h2spec@v2.2.1',
  curl: 'apt-get install curl',
  openssl: 'apt-get install openssl',
  h2load: 'apt-get install nghttp2-client',
  nghttp: 'apt-get install nghttp2-client',
  nginx: 'apt-get install nginx-light',
  haproxy: 'apt-get install haproxy',
  'redis-server': 'apt-get install redis-server',
  'cloud-init': 'apt-get install --no-install-recommends cloud-init',
  shellcheck: 'apt-get install shellcheck',
  hclfmt: 'go install github.com/hashicorp/hcl/v2/cmd/hclfmt@v2.24.0',
  hcldec: 'go install github.com/hashicorp/hcl/v2/cmd/hcldec@v2.24.0',
  wget: 'apt-get install wget',
  'dpkg-deb': 'apt-get install dpkg',
  'systemd-analyze': 'apt-get install systemd',
} as const;

export type Tool = keyof typeof installs;

/** Absolute path of a program, undefined when it is not installed. */
export function find(tool: Tool): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...more];
  return folders.map((folder) => join(folder, tool)).find(runs);
}

/** For `test(name, {skip: without('curl')}, …)`: false when it is there, else why the test is skipped. */
export function without(tool: Tool): string | false {
  return find(tool) === undefined ? `${tool} is not on the PATH; install it with: ${installs[tool]}` : false;
}

/** What a finished program said. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function run(tool: Tool, args: readonly string[], timeoutMs = 30_000): Promise<Finished> {
  return new Promise((resolve, reject) => {
    execFile(
      find(tool) ?? tool,
      [...args],
      { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number')
          reject(new Error(`${tool}: ${error.message}\n${stdout}${stderr}`, { cause: error }));
        else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      },
    );
  });
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
