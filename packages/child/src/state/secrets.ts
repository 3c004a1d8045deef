/** Secrets that came with the join: a file each, for the keys of the configuration that name them. */
import { join } from 'node:path';
import { writeFileAtomically } from '@ficus/common/atomic-file.ts';
import { privateDirectory } from '@ficus/pki/private-files.ts';

/** Where each lies as a file of its name. */
export function secretsDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'secrets');
}

/** Replaces those of the same names; 0600, in a folder of 0700. Throws `files.*`, `file.unwritable`. */
export async function writeSecrets(
  stateDirectory: string,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  const directory = secretsDirectory(stateDirectory);
  await privateDirectory(directory);
  for (const [name, secret] of Object.entries(secrets)) {
    await writeFileAtomically(join(directory, name), secret);
  }
}
