/** Problems of configuration files as one error. */
import { type ConfigProblem, formatProblem } from '@ficus/common/config/problem.ts';
import { FicusError } from '@ficus/common/errors.ts';

/** The error of a file that was refused: every problem on a line of its own. */
export function refusedConfiguration(problems: readonly ConfigProblem[]): FicusError {
  return new FicusError('config.invalid', problems.map(formatProblem).join('\n  '), {
    remedy: 'correct the file and start again; `ficus check <file>` checks without starting',
  });
}
