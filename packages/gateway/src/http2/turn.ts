/** The streams that one read had something for: they hear when it is over. */
import type { Http2Stream } from './stream.ts';

export class Turn {
  readonly #touched: Http2Stream[] = [];

  touch(stream: Http2Stream): void {
    if (stream.touched) return;
    stream.touched = true;
    this.#touched.push(stream);
  }

  end(): void {
    const touched = this.#touched;
    for (let i = 0; i < touched.length; i++) {
      const stream = touched[i] as Http2Stream;
      stream.touched = false;
      stream.turnEnd();
    }
    touched.length = 0;
  }
}
