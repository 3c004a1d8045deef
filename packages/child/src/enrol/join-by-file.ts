/** One join with the token in a file, as `join` of a child's configuration asks for it. */
import { readFileCapped } from '@ficus/common/atomic-file.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { JoinConfig } from '../config/child-config.ts';
import { type JoinOptions, joinParent } from './join.ts';
import { deleteToken } from './used-token.ts';

export interface JoinByFile extends JoinConfig {
  readonly stateDirectory: string;
  readonly name?: string;
}

const maxTokenBytes = 4096;

/** Joins once and deletes the token. Throws `join.no-token` or what `joinParent` throws; the token then stays. */
export async function joinByFile(
  { tokenFile, ...join }: JoinByFile,
  options: Pick<JoinOptions, 'clock' | 'log' | 'retry'>,
): Promise<void> {
  const token = (await readFileCapped(tokenFile, maxTokenBytes))?.toString('utf8').trim() ?? '';
  if (token === '') {
    throw new FicusError('join.no-token', `${tokenFile}: want a join token, found none`, {
      remedy: 'put the token of `ficus token create` (on the parent) there; it is looked for again',
    });
  }
  await joinParent({ ...join, token, ...options });
  await deleteToken(tokenFile);
}
