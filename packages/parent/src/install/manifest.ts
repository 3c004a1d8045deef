/** Reads the `manifest.json` of an install bundle, which anybody may have written. */
import {
  type InstallArtefact,
  type InstallFile,
  type InstallManifest,
  installLimits,
} from '@ficus/common/api/install.ts';
import { FicusError } from '@ficus/common/errors.ts';

/** What belongs to a bundle besides manifest and executables. */
export const installFiles = ['install.sh', 'ficus-child.service', 'ficus-parent.service'] as const;

/** A plain name: a path can't be said with it. */
const fileName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const sum = /^[0-9a-f]{64}$/;

/** Members it does not know are left out. Throws `install.bad-manifest`, naming the member; `where` is the file, for people. */
export function decodeManifest(text: string, where: string): InstallManifest {
  if (Buffer.byteLength(text) > installLimits.manifestBytes) {
    throw bad(where, `want at most ${installLimits.manifestBytes} bytes, found more`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw bad(where, 'want JSON, found something else');
  }
  const top = members(parsed, '', where);
  const artefacts = list(top, 'artefacts', installLimits.artefacts, where).map(
    (value, i): InstallArtefact => {
      const at = `artefacts[${i}]`;
      const one = members(value, at, where);
      const arch = one['arch'];
      if (arch !== 'x64' && arch !== 'arm64')
        throw bad(where, `${at}.arch: want x64 or arm64, found ${show(arch)}`);
      return {
        arch,
        ...fileOf(one, at, where),
        executableBytes: size(one, at, 'executableBytes', where),
        executableSha256: text64(one, at, 'executableSha256', where),
      };
    },
  );
  if (artefacts.length === 0) throw bad(where, 'artefacts: want at least one executable, found none');
  const files =
    top['files'] === undefined
      ? undefined
      : list(top, 'files', installLimits.files, where).map((value, i) =>
          fileOf(members(value, `files[${i}]`, where), `files[${i}]`, where),
        );
  const twice = repeated([...artefacts, ...(files ?? [])].map(({ file }) => file));
  if (twice !== undefined) throw bad(where, `want each file once, found ${show(twice)} twice`);
  const twiceArch = repeated(artefacts.map(({ arch }) => arch));
  if (twiceArch !== undefined) throw bad(where, `want one executable for ${twiceArch}, found two`);
  const version = top['version'];
  if (typeof version !== 'string' || !/^[\w.+~-]{1,64}$/.test(version)) {
    throw bad(where, `version: want a version such as 0.1.0, found ${show(version)}`);
  }
  return { version, artefacts, ...(files === undefined ? {} : { files }) };
}

function fileOf(one: Members, at: string, where: string): InstallFile {
  const file = one['file'];
  if (typeof file !== 'string' || !fileName.test(file) || file === 'manifest.json') {
    throw bad(where, `${at}.file: want a plain file name, found ${show(file)}`);
  }
  return { file, bytes: size(one, at, 'bytes', where), sha256: text64(one, at, 'sha256', where) };
}

type Members = Readonly<Record<string, unknown>>;

function members(value: unknown, at: string, where: string): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
  throw bad(where, `${at === '' ? '' : `${at}: `}want an object, found ${show(value)}`);
}

function list(from: Members, name: string, most: number, where: string): readonly unknown[] {
  const value = from[name];
  if (Array.isArray(value) && value.length <= most) return value;
  throw bad(
    where,
    `${name}: want a list of at most ${most}, found ${Array.isArray(value) ? value.length : show(value)}`,
  );
}

function size(from: Members, at: string, name: string, where: string): number {
  const value = from[name];
  if (
    typeof value === 'number' &&
    Number.isSafeInteger(value) &&
    value > 0 &&
    value <= installLimits.fileBytes
  ) {
    return value;
  }
  throw bad(
    where,
    `${at}.${name}: want a number of bytes from 1 to ${installLimits.fileBytes}, found ${show(value)}`,
  );
}

function text64(from: Members, at: string, name: string, where: string): string {
  const value = from[name];
  if (typeof value === 'string' && sum.test(value)) return value;
  throw bad(where, `${at}.${name}: want a SHA-256 sum of 64 hexadecimal digits, found ${show(value)}`);
}

function repeated(names: readonly string[]): string | undefined {
  return names.find((name, i) => names.indexOf(name) !== i);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 80) ?? typeof value);
}

function bad(where: string, message: string): FicusError {
  return new FicusError('install.bad-manifest', `${where}: ${message}`, {
    status: 503,
    remedy: 'make the bundle anew with `npm run package` and point install.directory at its install folder',
  });
}
