/** Temporary directories and the files in them. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory that is removed when its user is disposed of. */
export class TemporaryDirectory implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(name: string): Promise<TemporaryDirectory> {
    return new TemporaryDirectory(await mkdtemp(join(tmpdir(), `ficus-${name}-`)));
  }

  /** Absolute path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file in one step, as editors and orchestrators do; objects become JSON, which is YAML too. */
  async write(name: string, content: string | object): Promise<string> {
    const path = this.file(name);
    const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
    await writeFile(`${path}.writing`, text);
    await rename(`${path}.writing`, path);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}
