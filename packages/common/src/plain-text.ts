/** Text that somebody else wrote, made fit for a message. */

/** Control and formatting characters: what moves a terminal's cursor, turns its text round or ends its line. For `replace` only. */
export const hiddenCharacters = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Whether it has none of them. */
export function isPlain(text: string): boolean {
  return text.search(hiddenCharacters) === -1;
}

/** On one line, without control and formatting characters, at most `length` characters. */
export function plain(text: string, length: number): string {
  // Cut before it is looked through: it may be megabytes.
  const short = text.slice(0, 4 * length).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  return short.length > length ? `${short.slice(0, length - 1)}…` : short;
}

/** In quotation marks, at most 100 characters. */
export function quoted(text: string): string {
  return `"${plain(text, 100)}"`;
}
