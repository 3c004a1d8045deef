/** Prints rows as an aligned table for people. */
import { hiddenCharacters } from '@ficus/common/plain-text.ts';

/** One column: its title and how a row reads in it. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | undefined;
  /** Numbers read better aligned right. */
  readonly right?: boolean;
}

/** What stands where there is nothing to say. */
const nothing = '-';

/**
 * The table as lines, each ended by a line feed: titles in capitals, columns two spaces apart, no space at a line's end.
 * Control characters in a value are shown as `?`: names come from outside and must not drive the terminal.
 */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map((column) => column.title.toUpperCase()),
    ...rows.map((row) => columns.map((column) => cell(column.value(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines
    .map((line) => {
      const padded = line.map((text, index) =>
        columns[index]?.right ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0),
      );
      return `${padded.join('  ').trimEnd()}\n`;
    })
    .join('');
}

function cell(value: string | number | undefined): string {
  if (value === undefined || value === '') return nothing;
  return printable(String(value));
}

/** The text with control and formatting characters replaced: safe to write to a terminal, and read as it is written. */
export function printable(text: string): string {
  return text.replace(hiddenCharacters, '?');
}

/** The same for several lines: a bad rule comes with a caret below it. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
