/** What VMs install: the package of this checkout, for their architecture only. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Makes it below a folder and returns where it is; `FICUS_VM_INSTALL` names one that is there, such as a release's. */
export async function installBundle(folder: string, say: (text: string) => void): Promise<string> {
  const given = process.env['FICUS_VM_INSTALL'];
  if (given !== undefined) return given;
  say('packaging ficus');
  const out = join(folder, 'package');
  const script = join(root, 'deploy/package/package.ts');
  await command(process.execPath, ['--conditions=source', script, '--arch', 'x64', '--out', out], {
    timeoutMs: 10 * 60_000,
  });
  return join(out, 'install');
}
