/** Values of clients made safe to stand in a line: printable ASCII only, so no line and no terminal can be forged. */

const plain = /^[ !#-[\]-~]*$/;
const special = /["\\]|[^ -~]/g;
const beyondAscii = /[^ -~]/g;

/** `value` within the double quotes of a common log line: `\"`, `\\` and `\xhh`, or `\uhhhh` beyond Latin-1. */
export function quoted(value: string): string {
  return plain.test(value) ? `"${value}"` : `"${value.replace(special, escapedForQuotes)}"`;
}

/** `value` as JSON in ASCII. */
export function jsonString(value: string): string {
  return plain.test(value)
    ? `"${value}"`
    : JSON.stringify(value).replace(beyondAscii, (c) => `\\u${hex(c, 4)}`);
}

function escapedForQuotes(c: string): string {
  if (c === '"' || c === '\\') return `\\${c}`;
  return c.charCodeAt(0) < 256 ? `\\x${hex(c, 2)}` : `\\u${hex(c, 4)}`;
}

function hex(c: string, digits: number): string {
  return c.charCodeAt(0).toString(16).padStart(digits, '0');
}
