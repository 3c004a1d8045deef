/** Says what a report is about: files that nothing runs, or a parent that runs. */
import type { AdminPlace } from '../admin/locate.ts';
import { printable } from './table.ts';

/** The first line of a report, and the empty one below it. */
export function lookedAt(what: { readonly files: string } | AdminPlace): string {
  if ('files' in what) return `files: ${printable(what.files)} (what runs may differ)\n\n`;
  return `running parent: ${printable(what.kind === 'url' ? what.url.origin : what.path)}\n\n`;
}
