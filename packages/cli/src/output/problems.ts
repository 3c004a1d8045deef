/** Problems that a parent noted, as lines for people. */
import type { StatusProblem } from '@ficus/common/api/admin.ts';
import { printable } from './table.ts';

/** One line a problem of each owner, preceded by a blank line; the empty string when there is none. */
export function problemLines(
  owners: readonly { readonly name: string; readonly problems: readonly StatusProblem[] }[],
): string {
  const lines = owners.flatMap((owner) => owner.problems.map((problem) => problemLine(owner.name, problem)));
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

/** `problem: vm-1: advertisement.name-not-granted: … (3 times, last 2026-…)`. */
export function problemLine(owner: string, problem: StatusProblem): string {
  const times = problem.count > 1 ? `${problem.count} times, last ` : '';
  return printable(`problem: ${owner}: ${problem.code}: ${problem.message} (${times}${problem.at})`).concat(
    '\n',
  );
}
