/** What a command reads and writes besides its arguments, so that tests can stand in for the terminal. */

/** The process's outside, as the commands see it. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative file names start. */
  readonly cwd: string;
  out(text: string): void;
  err(text: string): void;
  /** All of standard input as text, at most 64 KiB; the empty string when it is a terminal. */
  stdin(): Promise<string>;
}

/** The real process's. */
export const processIo: Io = {
  env: process.env,
  cwd: process.cwd(),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  async stdin() {
    if (process.stdin.isTTY) return '';
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of process.stdin) {
      size += chunk.length;
      if (size > 64 * 1024) break;
      chunks.push(Buffer.from(chunk));
    }
    return Buffer.concat(chunks).toString('utf8');
  },
};

/** Writes a value for programs: two spaces of indentation, one line feed at the end. */
export function json(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}
