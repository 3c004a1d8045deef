/** Where a node keeps its identity below its state directory. */
import { join } from 'node:path';

export function identityDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'identity');
}
