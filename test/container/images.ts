/** The images that docker-compose.yml asks for, of the executable that `npm run package` made. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './compose-file.ts';
import type { Engine } from './engine.ts';

const cache = join(repository, 'node_modules/.cache/ficus-container');
const base = process.env['BASE_IMAGE'] ?? 'debian:12-slim';

/** Why they can't be built; undefined when they can. */
export function missing(): string | undefined {
  const arch = process.arch;
  if (existsSync(join(repository, `dist/package/ficus-linux-${arch}`))) return undefined;
  return `dist/package/ficus-linux-${arch} is not there; make it with: npm run package`;
}

/** Builds both, and names them in the engine's environment. */
export async function buildImages(engine: Engine): Promise<void> {
  await haveBase(engine);
  for (const [target, variable] of [
    ['ficus', 'FICUS_IMAGE'],
    ['examples', 'FICUS_EXAMPLES_IMAGE'],
  ] as const) {
    const name = `ficus-test-${target}:${process.pid}`;
    await must(
      engine.docker(
        ...['build', '--network', 'none', '--target', target, '--tag', name],
        ...['--build-arg', 'EXECUTABLE=given', '--build-arg', `BASE_IMAGE=${base}`, '.'],
      ),
    );
    engine.env[variable] = name;
  }
}

/** The base image from the engine, a registry, an earlier run, or Debian's packages. */
async function haveBase(engine: Engine): Promise<void> {
  if ((await engine.docker('image', 'inspect', base)).code === 0) return;
  const archive = join(cache, `${base.replace(/[^\w.-]/g, '_')}.tar`);
  if (existsSync(archive)) {
    await must(engine.docker('load', '--input', archive));
    return;
  }
  if ((await engine.docker('pull', '--quiet', base)).code === 0) return;
  await promisify(execFile)(join(repository, 'deploy/container/base-image.sh'), [base], {
    env: { ...process.env, ...engine.env },
    timeout: 300_000,
  });
  await mkdir(cache, { recursive: true });
  await must(engine.docker('save', '--output', archive, base));
}

/** The output of a call that has to succeed. */
export async function must(running: ReturnType<Engine['docker']>): Promise<string> {
  const { code, out, err } = await running;
  if (code !== 0) throw new Error(`docker exited with ${code}:\n${out}${err}`);
  return out;
}
