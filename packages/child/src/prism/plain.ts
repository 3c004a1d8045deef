/** Text that somebody else wrote, made fit for a message. */

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
