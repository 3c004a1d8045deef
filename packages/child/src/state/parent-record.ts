/** What a child remembers about the parent it joined: `parent.json` in its state directory. */
import { join } from 'node:path';
import { readFileCapped, writeFileAtomically } from '@ficus/common/atomic-file.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { isNodeName } from '@ficus/common/names.ts';
import { parseSpiffeId } from '@ficus/pki/identity.ts';

export interface ParentRecord {
  /** The join listener, `https://parent:8443`: renewals go there. */
  readonly url: string;
  /** This child's name, as the token said. */
  readonly child: string;
  readonly trustDomain: string;
  /** SPIFFE IDs of the parents that may use this child's uplinks. */
  readonly parents: readonly string[];
}

const fileName = 'parent.json';

/** Throws `child.not-joined` when there is none, `state.corrupt` when it can't be read. */
export async function readParentRecord(stateDirectory: string): Promise<ParentRecord> {
  const path = join(stateDirectory, fileName);
  const bytes = await readFileCapped(path, 64 * 1024);
  if (bytes === undefined) {
    throw new FicusError('child.not-joined', `${stateDirectory}: this child has not joined a parent yet`, {
      remedy:
        'run `ficus token create --child <name>` on the parent and the `ficus join …` line it prints here',
    });
  }
  try {
    return decode(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new FicusError('state.corrupt', `${path}: want what \`ficus join\` wrote, found something else`, {
      remedy: 'restore the file from a backup, or join again with a new token and --force',
      cause,
    });
  }
}

/** Replaces the record atomically. */
export async function writeParentRecord(stateDirectory: string, record: ParentRecord): Promise<void> {
  await writeFileAtomically(join(stateDirectory, fileName), `${JSON.stringify(record, null, 2)}\n`);
}

function decode(value: Partial<Record<keyof ParentRecord, unknown>>): ParentRecord {
  const { url, child, trustDomain, parents } = value;
  if (typeof url !== 'string' || new URL(url).protocol !== 'https:') throw new TypeError('url');
  if (typeof child !== 'string' || !isNodeName(child)) throw new TypeError('child');
  if (typeof trustDomain !== 'string') throw new TypeError('trustDomain');
  if (!Array.isArray(parents) || parents.length === 0) throw new TypeError('parents');
  for (const uri of parents) {
    if (parseSpiffeId(String(uri)).role !== 'parent') throw new TypeError('parents');
  }
  return { url, child, trustDomain, parents };
}
