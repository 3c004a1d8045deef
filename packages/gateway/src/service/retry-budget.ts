/** How much may be tried again: a fifth of the requests, with room for the burst when one endpoint dies. */

const ratio = 0.2;
const most = 1000;

export class RetryBudget {
  #balance = 256;

  /** A request came in. */
  deposit(): void {
    if (this.#balance < most) this.#balance += ratio;
  }

  /** True when one more attempt may be made; it is then spent. */
  withdraw(): boolean {
    if (this.#balance < 1) return false;
    this.#balance--;
    return true;
  }
}
