/** A worker's side of questions: asks them over its own connections and tells the main process what comes back. */
import { Asked } from '../runtime/asked.ts';
import type { Engine } from '../runtime/engine.ts';
import type { AnswerEvent, FromWorker, QuestionMessage } from './messages.ts';

/** Of one answer, what may be on its way to the main process; beyond that its stream waits. */
const mostUntaken = 65_536;

interface Asking {
  readonly asked: Asked;
  untaken: number;
}

export class Answers {
  readonly #engine: Engine;
  readonly #tell: (message: FromWorker) => void;
  readonly #asking = new Map<number, Asking>();

  constructor(engine: Engine, tell: (message: FromWorker) => void) {
    this.#engine = engine;
    this.#tell = tell;
  }

  handle(message: QuestionMessage): void {
    if (message.type === 'ask') this.#ask(message);
    else if (message.type === 'took') this.#took(message.id, message.bytes);
    else {
      this.#asking.get(message.id)?.asked.close();
      this.#asking.delete(message.id);
    }
  }

  #ask({ id, question }: Extract<QuestionMessage, { readonly type: 'ask' }>): void {
    const say = (event: AnswerEvent) => this.#tell({ type: 'answer', id, ...event });
    const over = (event: AnswerEvent) => {
      this.#asking.delete(id);
      say(event);
    };
    const asked = new Asked(this.#engine, question, {
      head: (head) => say({ event: 'head', head }),
      data: (chunk) => {
        asking.untaken += chunk.length;
        if (asking.untaken >= mostUntaken) asked.pause();
        say({ event: 'data', base64: chunk.toString('base64') });
      },
      end: (leaving) => over({ event: 'end', leaving }),
      failed: (code, detail) => over({ event: 'failed', code, detail }),
      moved: () => over({ event: 'moved' }),
    });
    const asking: Asking = { asked, untaken: 0 };
    this.#asking.set(id, asking);
  }

  #took(id: number, bytes: number): void {
    const asking = this.#asking.get(id);
    if (asking === undefined) return;
    asking.untaken -= bytes;
    if (asking.untaken < mostUntaken) asking.asked.resume();
  }
}
