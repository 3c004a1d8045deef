/** A container engine for tests: the one that answers here, or one of our own that leaves nothing behind. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { eventually } from '../harness/eventually.ts';
import { repository } from './compose-file.ts';

/** What a finished program said. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Engine extends AsyncDisposable {
  /** Runs `docker …` in the repository's folder; rejects when it can't be started or takes longer than 5 minutes. */
  docker(...args: readonly string[]): Promise<Ran>;
  /** Added to the environment of every call. */
  readonly env: Record<string, string>;
}

const howTo = 'install it with: apt-get install docker.io';

/** An engine with `docker compose`, or why there is none. */
export async function findEngine(): Promise<Engine | string> {
  const env: Record<string, string> = { DOCKER_BUILDKIT: '1' };
  const docker = dockerWith(env);
  const here: Engine = { docker, env, async [Symbol.asyncDispose]() {} };
  const { code } = await docker('compose', 'version').catch(() => ({ code: 127 }));
  if (code === 127) return `docker is not on the PATH; ${howTo}`;
  if (code !== 0)
    return 'docker has no `compose`: install docker-compose-plugin, or put docker-compose 2 among its cli-plugins';
  if ((await docker('info')).code === 0) return here;
  if (process.getuid?.() !== 0) return `docker reaches no engine and only root can start one; ${howTo}`;
  // One of our own would take its bridge away.
  if (existsSync('/sys/class/net/docker0'))
    return 'docker reaches no engine, but one has been here: start it, or say in DOCKER_HOST where it is';
  return ownEngine(here);
}

/** Starts dockerd for ourselves. Without its rules for iptables: what is published is reached through its own proxy. */
async function ownEngine(here: Engine): Promise<Engine | string> {
  const folder = await mkdtemp(join(tmpdir(), 'ficus-engine-'));
  const at = (name: string) => join(folder, name);
  const socket = `unix://${at('docker.sock')}`;
  const daemon = spawn(
    'dockerd',
    [
      ...['--host', socket, '--pidfile', at('pid'), '--data-root', at('data'), '--exec-root', at('exec')],
      ...['--iptables=false', '--ip6tables=false', '--bridge=none'],
      ...['--default-address-pool', 'base=10.202.0.0/16,size=24'],
    ],
    {
      stdio: 'ignore',
      env: { ...process.env, PATH: ['/usr/sbin', process.env['PATH']].join(delimiter) },
    },
  );
  const ended = Promise.race([once(daemon, 'exit'), once(daemon, 'error')]);
  const dispose = async () => {
    daemon.kill('SIGTERM');
    await ended.catch(() => undefined);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  here.env['DOCKER_HOST'] = socket;
  try {
    const ready = eventually(async () => (await here.docker('info')).code === 0, 30_000, 'dockerd to answer');
    await Promise.race([ready, ended.then(() => Promise.reject(new Error('dockerd has ended')))]);
    return { ...here, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    return `docker reaches no engine, and one of our own can't be started (${error}); ${howTo}`;
  }
}

function dockerWith(env: Readonly<Record<string, string>>) {
  return (...args: readonly string[]) =>
    new Promise<Ran>((resolve, reject) => {
      execFile(
        'docker',
        [...args],
        {
          cwd: repository,
          timeout: 300_000,
          maxBuffer: 64 * 1024 * 1024,
          env: { ...process.env, ...env },
        },
        (error, out, err) => {
          if (error && typeof error.code !== 'number') reject(error);
          else resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
        },
      );
    });
}
