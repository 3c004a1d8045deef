/** The child.yaml of a new machine: what the operator gave, with how it joins and where it finds its workloads. */
import { resolve } from 'node:path';
import { type ConfigProblem, formatPath } from '@ficus/common/config/problem.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { globMatches } from '@ficus/common/names.ts';
import { isMap, parseDocument } from 'yaml';
import { configKind } from '../commands/config-kind.ts';
import { refusedConfiguration } from '../output/configuration.ts';
import { usageError } from '../output/failure.ts';
import type { Io } from '../output/io.ts';
import { readNamed } from '../output/read-named.ts';
import { paths, stateDirectory } from './paths.ts';

export interface ChildConfigOptions {
  readonly name: string;
  /** The join listener, as the child reaches it. */
  readonly url: string;
  readonly caPins: readonly string[];
  /** `host:port` that the parent dials. */
  readonly address?: string | undefined;
  /** Of `providers.nutanixPrismCentral`. */
  readonly prism?: object | undefined;
  /** The operator's own file, read before; `text` is checked already. */
  readonly given?: { readonly file: string; readonly text: string } | undefined;
}

/** Reads the operator's own child.yaml and checks it as a child would. Throws `config.invalid`, `cloud-init.*`. */
export async function readGiven(
  io: Io,
  file: string,
  workloads: readonly string[],
): Promise<{ file: string; text: string }> {
  const path = resolve(io.cwd, file);
  const text = await readNamed(io, file, '--child-config');
  if (configKind(text) === 'parent') {
    throw usageError(
      `--child-config wants a child's configuration, and ${file} is a parent's`,
      `say where the parent is with --config ${file}`,
    );
  }
  const { decodeChildConfig } = await import('@ficus/child/config/child-config.ts');
  const decoded = decodeChildConfig(text, path);
  if (!decoded.ok) throw refusedConfiguration(decoded.problems);
  if (decoded.value.join !== undefined) {
    throw usageError(`${file} says how to join, and so does this command`, `remove \`join\` from ${file}`);
  }
  if (/PRIVATE KEY-----/.test(text) || hasSecret(text)) {
    throw new FicusError('cloud-init.secret', `${file} holds a secret, and user-data can be read by others`, {
      remedy:
        'give the key of Prism Central with --prism-api-key-file, which sends it with the join token; name all others by file and put them into the image',
    });
  }
  const { inline, workloads: short } = decoded.value;
  const refused = [inline, short]
    .flatMap(({ http }) => Object.entries(http?.uplinks ?? {}))
    .map(([name, { exposeName = name }]) => exposeName)
    .find((name) => !workloads.some((glob) => globMatches(glob, name)));
  if (refused === undefined) return { file, text };
  throw usageError(
    `${file} exposes ${JSON.stringify(refused)}, and --workloads does not allow that name`,
    `add it: --workloads '${[...workloads, refused].join(',')}'`,
  );
}

/** Its text; throws `config.invalid` when a child would not take it, `cli.usage` when two things are said. */
export async function childConfigText(options: ChildConfigOptions): Promise<string> {
  const { name, url, caPins, address, prism, given } = options;
  const document = parseDocument(given?.text ?? '{}');
  if (isMap(document.contents)) document.contents.flow = false;
  const claim = (path: readonly string[], value: unknown, option: string) => {
    const found = document.getIn(path);
    if (found !== undefined && found !== value) {
      throw usageError(
        `${given?.file}: ${path.join('.')} is there already, and ${option} says it too`,
        `remove it from ${given?.file}, or leave ${option} out`,
      );
    }
    document.setIn(path, document.createNode(value));
  };
  claim(['name'], name, '--child');
  claim(['stateDirectory'], stateDirectory, 'user-data');
  const join = { url, tokenFile: paths.token, caPins, ...(address === undefined ? {} : { address }) };
  document.setIn(['join'], document.createNode(join));
  if (prism !== undefined) claim(['providers', 'nutanixPrismCentral'], prism, '--prism');

  const text = document.toString({ lineWidth: 0 });
  const { decodeChildConfig } = await import('@ficus/child/config/child-config.ts');
  const decoded = decodeChildConfig(text, paths.childConfig);
  if (!decoded.ok) throw asOption(decoded.problems);
  return text;
}

/** The options that each of these is said with, longest first. */
const options: readonly (readonly [path: string, option: string])[] = [
  ['providers.nutanixPrismCentral.endpoint', '--prism'],
  ['providers.nutanixPrismCentral.username', '--prism-username'],
  ['providers.nutanixPrismCentral.tls.fingerprint', '--prism-fingerprint'],
  ['providers.nutanixPrismCentral.serviceNameCategoryKey', '--service-category-key'],
  ['providers.nutanixPrismCentral.allowedVpcs', '--allowed-vpc'],
  ['providers.nutanixPrismCentral.pollInterval', '--poll-interval'],
  ['join.address', '--address'],
  ['join.url', '--join-address'],
  ['name', '--child'],
];

/** A mistake in an option, which nobody should look for in a file that is not there. */
function asOption(problems: readonly ConfigProblem[]): FicusError {
  for (const problem of problems) {
    const path = formatPath(problem.path);
    const option = options.find(([key]) => path === key || path.startsWith(`${key}[`))?.[1];
    if (option !== undefined)
      return usageError(`${option}: ${problem.message}`, 'see `ficus cloud-init --help`');
  }
  return refusedConfiguration(problems);
}

/** Keys whose values are secrets, wherever they stand: of Prism Central, of Redis. */
const secretKeys = ['apiKey', 'password'];

function hasSecret(text: string): boolean {
  const holds = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).some(
      ([key, inner]) => (secretKeys.includes(key) && typeof inner === 'string') || holds(inner),
    );
  return holds(parseDocument(text).toJS());
}
