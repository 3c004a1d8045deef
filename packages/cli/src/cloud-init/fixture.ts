/** For tests: `ficus cloud-init` against a parent that answers what it is told. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreatedToken } from '@ficus/common/api/admin.ts';
import type { InstallStatus } from '@ficus/common/api/install.ts';
import { parse } from 'yaml';
import { reportFailure } from '../output/failure.ts';
import { runProgram } from '../program.ts';
import { capturedIo } from '../testing/captured-io.ts';
import { fakeAdmin } from '../testing/fake-admin.ts';

export const sum = (digit: string) => digit.repeat(64);
export const install: InstallStatus = {
  joinUrl: 'https://parent.example.com:8443',
  caPin: `sha256:${sum('c')}`,
  roots: ['-----BEGIN CERTIFICATE-----\nMIIB1jCCAXugAwIBAgIQ\n-----END CERTIFICATE-----\n'],
  names: ['parent.example.com', '10.0.0.1', '::1'],
  bundle: {
    version: '0.1.0',
    artefacts: [
      {
        ...{ arch: 'x64', file: 'ficus-linux-x64.gz', bytes: 42_000_000, sha256: sum('1') },
        ...{ executableBytes: 126_000_000, executableSha256: sum('2') },
      },
    ],
    files: [{ file: 'install.sh', bytes: 10_000, sha256: sum('3') }],
  },
  manifestSha256: sum('4'),
};
export const secretToken = `v1.0123456789abcdef.${'s'.repeat(43)}`;
export const token: CreatedToken = {
  ...{ id: '0123456789abcdef', child: 'vm-1', workloads: ['orders'], state: 'unused' },
  ...{ createdAt: '2026-11-21T00:00:00.000Z', expiresAt: '2026-11-22T00:00:00.000Z' },
  ...{ token: secretToken, caPin: install.caPin, command: '' },
};

/** Runs the command against a parent with this to install; `files` are in the current directory. */
export async function cloudInit(
  args: readonly string[],
  { files = {}, status = install }: { files?: Record<string, string>; status?: InstallStatus } = {},
) {
  await using admin = await fakeAdmin({ 'GET /v1/install': status, 'POST /v1/tokens': token });
  for (const [name, content] of Object.entries(files)) await writeFile(join(admin.directory, name), content);
  const io = capturedIo({ cwd: admin.directory });
  const argv = ['cloud-init', '--child', 'vm-1', '--workloads', 'orders', '--socket', admin.socket, ...args];
  const code = await runProgram(argv, io).catch((error: unknown) => reportFailure(io, error));
  const asked = admin.asked.map(({ line }) => line);
  const request = admin.asked.find(({ line }) => line === 'POST /v1/tokens')?.body as
    | { secrets?: Record<string, string>; ttlSeconds?: number }
    | undefined;
  return { code, out: io.written.out, err: io.written.err, asked, request };
}
export interface CloudConfig {
  readonly write_files: { path: string; permissions: string; content: string; encoding?: string }[];
  readonly runcmd: string[][];
}
export const configOf = (userData: string) => parse(userData, { version: '1.1' }) as CloudConfig;
export const fileIn = (userData: string, path: string) =>
  configOf(userData).write_files.find((file) => file.path === path);

export const prism = ['--prism', 'https://pc.example.com:9440', '--prism-api-key-file', 'key'];
export const order = [...prism, '--prism-create', '--cluster', 'c', '--subnet', 's', '--image', 'i'];
export const prismFiles = {
  key: 'the-prism-key\n',
  'pc.pem': '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n',
  'base.yaml': 'http: {services: {orders: {loadBalancer: {server: {port: 8080}}}}}\n',
};
