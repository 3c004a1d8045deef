/** Secrets that came with the join: a file each, for the keys of the configuration that name them. */
import { join } from 'node:path';
import { writeFileAtomically } from '@ficus/common/atomic-file.ts';
import { privateDirectory } from '@ficus/pki/private-files.ts';

/** Writes `secrets/<name>` for each, over what is there; 0600, in a folder of 0700. Throws `files.*`, `file.unwritable`. */
export async function writeSecrets(
  stateDirectory: string,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  const directory = join(stateDirectory, 'secrets');
  await privateDirectory(directory);
  for (const [name, secret] of Object.entries(secrets)) {
    await writeFileAtomically(join(directory, name), secret);
  }
}
