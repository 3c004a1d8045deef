/** Reads a list page by page to its end, whatever its total says. */
import { badAnswer } from './client.ts';

/** Rows of one list; a Prism Central manages 25,000 VMs. */
export const maxRows = 50_000;

export interface Page<Row> {
  /** Read to what is kept of them: thousands of rows as they came would fill the memory. */
  readonly rows: readonly Row[];
  /** How many rows the list has, as the server says now. */
  readonly total: number;
}

/** Reads the page that begins at row `page * size`. */
export type ReadPage<Row> = (page: number) => Promise<Page<Row>>;

/** Adds one to the rows of a page. Throws `prism.bad-answer` when it has more than `size`: millions of empty ones fit into an answer. */
export function addTo<Row>(rows: Row[], row: Row, size: number, what: string): void {
  if (rows.length === size) throw badAnswer(`${what}: want at most ${size} rows a page, got more`);
  rows.push(row);
}

/**
 * Gives every row to `take`, which says whether it is a new one; pages of one list overlap when it changes meanwhile.
 * The end is an empty page, or one that is not full once `total` rows are there. Up to four pages are read at once, as
 * many as the total promises. Resolves with the last total; throws `prism.bad-answer` when the list has no end.
 */
export async function readPages<Row>(
  what: string,
  size: number,
  read: ReadPage<Row>,
  take: (row: Row) => boolean,
): Promise<number> {
  let seen = 0;
  let last = 0;
  /** Whether the list goes on behind this page. */
  const goesOn = ({ rows, total }: Page<Row>): boolean => {
    let fresh = 0;
    for (const row of rows) if (take(row)) fresh++;
    seen += rows.length;
    if (rows.length > 0) last = total;
    if (seen > maxRows) throw badAnswer(`${what}: want at most ${maxRows} rows, got more`);
    if (rows.length >= size && fresh === 0)
      throw badAnswer(`${what}: the same rows come again and again: its pages have no end`);
    return rows.length > 0 && (rows.length >= size || seen < total);
  };

  const first = await read(0);
  if (!goesOn(first)) return last;
  const promised = Math.min(Math.ceil(first.total / size), Math.ceil(maxRows / size) + 1);
  let page = 1;
  while (page < promised) {
    const together = Array.from({ length: Math.min(4, promised - page) }, (_, index) => read(page + index));
    // All of them are waited for: none may go on when the look is over.
    const outcomes = await Promise.allSettled(together);
    let more = true;
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') throw outcome.reason;
      more = goesOn(outcome.value);
    }
    page += together.length;
    if (!more) return last;
  }
  while (goesOn(await read(page))) page++;
  return last;
}
