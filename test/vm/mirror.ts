/** Finds a Debian mirror that has Debian 12 in the machine's own apt configuration, and says how old its packages are. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AptSource, bookwormLines, parseOneLine, parseStanzas } from './apt-sources.ts';
import { command } from './command.ts';

/** Where packages of Debian 12 come from. */
export interface Mirror {
  readonly uri: string;
  /** Lines of a `sources.list`. */
  readonly sources: readonly string[];
  /** When the mirror's Debian 12 was put together, `20260516`; undefined: it doesn't answer. */
  readonly date: string | undefined;
}

/** The first mirror of the machine's own that has Debian 12; `FICUS_VM_MIRROR` names another. */
export async function findMirror(): Promise<Mirror> {
  const sources = await machineSources();
  const asked = process.env['FICUS_VM_MIRROR'];
  const uris = asked === undefined ? new Set(sources.map(({ uri }) => uri)) : [asked];
  for (const uri of uris) {
    const date = await dateOf(uri);
    if (date !== undefined) return { uri, sources: bookwormLines(sources, uri), date };
  }
  // Without a network an image of an earlier run may still serve.
  const known = sources.find(({ suites }) => suites.includes('bookworm'))?.uri ?? asked;
  if (known !== undefined) return { uri: known, sources: bookwormLines(sources, known), date: undefined };
  throw new Error(
    "no mirror of Debian 12 (bookworm) in this machine's apt sources; name one with FICUS_VM_MIRROR=http://…/debian",
  );
}

/** The machine's proxies, credentials and checks, as text of an `apt.conf`. */
export async function machineAptConf(): Promise<string> {
  const lines = (await command('apt-config', ['dump'])).split('\n');
  return `${lines.filter((line) => line.startsWith('Acquire::')).join('\n')}\n`;
}

/** Debootstrap reads no apt configuration; what it needs of it goes into its environment. */
export async function proxyEnvironment(): Promise<Record<string, string>> {
  const found = await Promise.all(
    (['http', 'https'] as const).map(async (scheme) => {
      const line = await command('apt-config', ['shell', 'proxy', `Acquire::${scheme}::Proxy`]);
      return [`${scheme}_proxy`, /^proxy='(.+)'$/m.exec(line)?.[1]] as const;
    }),
  );
  return Object.fromEntries(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

async function machineSources(): Promise<readonly AptSource[]> {
  const folder = '/etc/apt/sources.list.d';
  const names = (await readdir(folder).catch(() => [])).sort();
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  const lists = ['/etc/apt/sources.list', ...names.filter(ends('.list')).map((name) => join(folder, name))];
  const stanzas = names.filter(ends('.sources')).map((name) => join(folder, name));
  return [
    ...(await Promise.all(stanzas.map(read))).flatMap(parseStanzas),
    ...(await Promise.all(lists.map(read))).flatMap(parseOneLine),
  ];
}

/** Asked by apt's own helper, which knows the machine's proxies and certificates. */
async function dateOf(uri: string): Promise<string | undefined> {
  const file = join(tmpdir(), `ficus-vm-release-${process.pid}`);
  try {
    const url = `${uri.replace(/\/$/, '')}/dists/bookworm/Release`;
    await command('/usr/lib/apt/apt-helper', ['download-file', url, file], { timeoutMs: 30_000 });
    const date = /^Date: (.+)$/m.exec(await readFile(file, 'utf8'))?.[1];
    return date === undefined ? undefined : new Date(date).toISOString().slice(0, 10).replaceAll('-', '');
  } catch {
    return undefined;
  } finally {
    await rm(file, { force: true });
  }
}

function ends(suffix: string): (name: string) => boolean {
  return (name) => name.endsWith(suffix);
}
