/** What the endpoints answer. */

/** A 140-byte JSON body, about what a small API answers. */
export const SMALL_BODY = `{"order":4711,"state":"shipped","note":"${'x'.repeat(98)}"}`;
