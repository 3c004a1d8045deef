/** Writes user-data for cloud-init: a plain `#cloud-config` document, small and ASCII. */
import { FicusError } from '@ficus/common/errors.ts';
import { stringify } from 'yaml';

/** A file that cloud-init is to write, owned by root. */
export interface WrittenFile {
  readonly path: string;
  /** Octal: `0600`. */
  readonly permissions: string;
  readonly content: string;
}

/** AHV refuses more than 32 KB, base64 included; other clouds take 16 KiB. Bytes. */
export const userDataLimit = 16 * 1024;

/**
 * Every line that a person may want to look at stays readable; what is not ASCII travels as base64. Throws
 * `cloud-init.too-large` with what takes the room.
 */
export function renderUserData(
  files: readonly WrittenFile[],
  commands: readonly (readonly string[])[],
): string {
  const document = {
    write_files: files.map(({ path, permissions, content }) => ({
      path,
      permissions,
      ...(isPlain(content)
        ? { content }
        : { encoding: 'b64', content: Buffer.from(content, 'utf8').toString('base64') }),
    })),
    runcmd: commands.map((command) => [...command]),
  };
  // YAML 1.1 is what cloud-init reads: there `on` and `0600` are no text unless they are quoted. What must be quoted stays on
  // one line: folded, lines of nothing but blanks would not come back as they were.
  const text = `#cloud-config\n${stringify(document, { version: '1.1', lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER })}`;
  const bytes = Buffer.byteLength(text);
  if (bytes <= userDataLimit) return text;
  const sizes = files
    .map(({ path, content }) => ({ path, size: Buffer.byteLength(content) }))
    .sort((a, b) => b.size - a.size)
    .map(({ path, size }) => `${path} ${size}`);
  throw new FicusError(
    'cloud-init.too-large',
    `user-data must be at most ${userDataLimit} bytes, this would be ${bytes}: ${sizes.join(', ')}`,
    {
      remedy:
        'shorten the child.yaml of --child-config or the base file, or put them into the image and name them from a short one',
    },
  );
}

/** Printable ASCII that a block of YAML keeps as it is: lines of nothing but blanks, and blanks at the start, it may not. */
function isPlain(text: string): boolean {
  return /^[\t\n\x20-\x7e]*$/.test(text) && !/^[ \t]+$/m.test(text) && !/^\s/.test(text);
}

/** `openstack/latest/meta_data.json` of a config drive: cloud-init takes another `uuid` for a new machine. */
export function metaData(child: string, uuid: string): string {
  return JSON.stringify({ uuid, hostname: child, name: child });
}
