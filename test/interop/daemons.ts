/** nginx and HAProxy as processes of a test: before the gateway, and behind it. */
import { connect } from 'node:net';
import { find, freePort, Managed, type ServerCertificate, TemporaryDirectory } from '../harness/harness.ts';

/** A started daemon with its ports. `await using` ends it. */
export class Daemon implements AsyncDisposable {
  readonly process: Managed;
  readonly #directory: TemporaryDirectory;

  constructor(process: Managed, directory: TemporaryDirectory) {
    this.process = process;
    this.#directory = directory;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await this.#directory[Symbol.asyncDispose]();
  }
}

/** Starts nginx with `servers` inside its `http` section; `files` are written beside it. */
export async function startNginx(
  servers: string,
  ports: readonly number[],
  files: Readonly<Record<string, string>> = {},
): Promise<Daemon> {
  const directory = await TemporaryDirectory.make('nginx');
  const here = (name: string) => directory.file(name);
  for (const [name, content] of Object.entries(files)) await directory.write(name, content);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${here(kind)};`)
    .join(' ');
  await directory.write(
    'nginx.conf',
    `daemon off; worker_processes 1; error_log stderr; pid ${here('nginx.pid')};
     ${process.getuid?.() === 0 ? 'user root;' : ''}
     events { worker_connections 2048; }
     http { access_log off; ${temporary} client_max_body_size 0; ${servers.replaceAll('{here}', directory.path)} }`,
  );
  const args = ['-p', directory.path, '-c', here('nginx.conf'), '-e', 'stderr'];
  const command = find('nginx') ?? 'nginx';
  return ready(new Daemon(new Managed({ name: 'nginx', command, args }), directory), ports);
}

/** Starts HAProxy with `sections`, in HTTP mode with short timeouts; `{here}` is where `files` are. */
export async function startHaproxy(
  sections: string,
  ports: readonly number[],
  files: Readonly<Record<string, string>> = {},
): Promise<Daemon> {
  const directory = await TemporaryDirectory.make('haproxy');
  for (const [name, content] of Object.entries(files)) await directory.write(name, content);
  const defaults =
    'defaults\n mode http\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n timeout tunnel 30s\n';
  await directory.write(
    'haproxy.cfg',
    `global\n nbthread 1\n${defaults}${sections.replaceAll('{here}', directory.path)}\n`,
  );
  const command = find('haproxy') ?? 'haproxy';
  const args = ['-db', '-f', directory.file('haproxy.cfg')];
  return ready(new Daemon(new Managed({ name: 'haproxy', command, args }), directory), ports);
}

/** `count` ports that nobody uses. */
export function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, () => freePort()));
}

/** Certificate and key in one file, as HAProxy wants them. */
export function bundle({ certificate, key }: ServerCertificate): string {
  return `${certificate}\n${key}`;
}

async function ready(daemon: Daemon, ports: readonly number[]): Promise<Daemon> {
  try {
    for (const port of ports) await daemon.process.until(() => accepts(port), `port ${port}`);
    return daemon;
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
