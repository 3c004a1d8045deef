/** One question and one answer at a time over a Unix socket, a JSON document a line: QEMU's monitor and its guest agent. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';

/** A document that came. */
export type Message = Readonly<Record<string, unknown>>;

/** A connection. `using` closes it. */
export class JsonLines implements Disposable {
  readonly #socket: Socket;
  readonly #lines: Interface;
  readonly #messages: AsyncIterator<string>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // A machine that is killed closes it; whoever waits is told by the end of the lines.
    socket.on('error', () => {});
    this.#lines = createInterface({ input: socket });
    this.#messages = this.#lines[Symbol.asyncIterator]();
  }

  static async connect(path: string): Promise<JsonLines> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new JsonLines(socket);
  }

  send(message: Message): void {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  /** The next document that `wanted` takes; others are passed over. Throws after `deadlineMs` and when the connection ends. */
  async receive(wanted: (message: Message) => boolean, deadlineMs: number): Promise<Message> {
    const late = setTimeout(() => this.#socket.destroy(), deadlineMs);
    try {
      for (;;) {
        const line = await this.#messages.next();
        if (line.done === true) throw new Error(`no answer within ${deadlineMs} ms`);
        const message = parsed(line.value);
        if (message !== undefined && wanted(message)) return message;
      }
    } finally {
      clearTimeout(late);
    }
  }

  [Symbol.dispose](): void {
    this.#lines.close();
    this.#socket.destroy();
  }
}

/** A guest that was reset in the middle of an answer leaves half a line. */
function parsed(line: string): Message | undefined {
  try {
    // The guest agent puts 0xFF in front of what answers guest-sync-delimited.
    return JSON.parse(line.replace(/^[^{]*/, '')) as Message;
  } catch {
    return undefined;
  }
}
