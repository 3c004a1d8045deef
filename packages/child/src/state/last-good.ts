/** The last model that served, kept on disk: a child starts from it when its configuration can't be used. */
import { join } from 'node:path';
import { readFileCapped, writeFileAtomically } from '@ficus/common/atomic-file.ts';
import type { Log } from '@ficus/common/log.ts';
import type { Model } from '@ficus/gateway/model/model.ts';
import type { ResolvedUplink } from '@ficus/gateway/model/resolve-input.ts';
import type { ChildConfig } from '../config/child-config.ts';
import { withoutIdentity } from './uplink-identity.ts';

/** A model, what is advertised of it and the configuration around it; the node's own key is not part of it. */
export interface LastGood {
  readonly config: ChildConfig;
  readonly model: Model;
  readonly offers: readonly ResolvedUplink[];
}

const fileName = 'last-good.json';
/** Of the format; another one is not read. */
const format = 1;
const maxBytes = 64 * 1024 * 1024;

/** Reads it; `undefined` (and a warning) when it is missing, damaged or of another format. */
export async function readLastGood(stateDirectory: string, log: Log): Promise<LastGood | undefined> {
  const path = join(stateDirectory, fileName);
  try {
    const bytes = await readFileCapped(path, maxBytes);
    if (bytes === undefined) return undefined;
    const value = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    const { config, model, offers } = value as Partial<LastGood>;
    const complete =
      Array.isArray(model?.entryPoints) && Array.isArray(model.routers) && Array.isArray(offers);
    if (value['format'] !== format || !complete || typeof config !== 'object') {
      throw new TypeError('not a last good model of this version');
    }
    return { config, model, offers };
  } catch (err) {
    log.warn({ err, path }, 'the last good model can’t be read');
    return undefined;
  }
}

/** Replaces it atomically, 0600: transports may hold client keys. */
export async function writeLastGood(stateDirectory: string, lastGood: LastGood): Promise<void> {
  const text = JSON.stringify({ format, ...lastGood, model: withoutIdentity(lastGood.model) });
  await writeFileAtomically(join(stateDirectory, fileName), text);
}
