/** An `Io` for tests that keeps what was written. */
import type { Io } from '../output/io.ts';

/** What was written so far, and the `Io` that wrote it. */
export interface CapturedIo extends Io {
  readonly written: { out: string; err: string };
}

/** Makes one; standard input is `input`. */
export function capturedIo(
  options: { readonly cwd?: string; readonly env?: Record<string, string>; readonly input?: string } = {},
): CapturedIo {
  const written = { out: '', err: '' };
  return {
    written,
    env: options.env ?? {},
    cwd: options.cwd ?? '/',
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    stdin: async () => options.input ?? '',
  };
}
