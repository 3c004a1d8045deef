/** Finds a head's end in received bytes and makes it text, the cheap way for the small messages that nearly all are. */

const headEnd = Buffer.from('\r\n\r\n');
/** Up to this, making text of all of it and searching that is cheaper than searching the bytes first. */
const smallBytes = 4096;

export class HeadText {
  /** The head found last, up to and including the CR LF of its last field. */
  text = '';
  /** Bytes already searched in vain. */
  searched = 0;

  /** Length of the head at the start of `buffer` with its empty line, or 0 when its end has not come. */
  find(buffer: Buffer): number {
    if (this.searched === 0 && buffer.length <= smallBytes) {
      const text = buffer.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end >= 0) return this.#found(end, text.slice(0, end + 2));
    } else {
      const end = buffer.indexOf(headEnd, Math.max(0, this.searched - 3));
      if (end >= 0) return this.#found(end, buffer.toString('latin1', 0, end + 2));
    }
    return 0;
  }

  #found(end: number, text: string): number {
    this.text = text;
    this.searched = 0;
    return end + 4;
  }
}
