import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { retryRule } from './retry-expression.ts';

describe('a retry expression', () => {
  for (const [text, attempts, statuses, networkErrors] of [
    [
      'Attempts() < 3 && IsNetworkError()',
      3,
      [
        [502, 502],
        [504, 504],
      ],
      true,
    ],
    [
      'IsNetworkError() && Attempts() <= 2',
      3,
      [
        [502, 502],
        [504, 504],
      ],
      true,
    ],
    [
      'IsNetworkError()',
      11,
      [
        [502, 502],
        [504, 504],
      ],
      true,
    ],
    ['ResponseCode() == 503 && Attempts() < 2', 2, [[503, 503]], false],
    ['Attempts() <= 2 && ResponseCode() >= 500', 3, [[500, 599]], true],
    [
      '(ResponseCode() == 500 || IsNetworkError()) && !(Attempts() >= 4)',
      4,
      [
        [500, 500],
        [502, 502],
        [504, 504],
      ],
      true,
    ],
    [
      '3 > Attempts() && ResponseCode() != 500 && ResponseCode() > 499 && ResponseCode() < 505',
      3,
      [[501, 504]],
      true,
    ],
  ] as const) {
    test(text, () => {
      assert.deepEqual(retryRule(text), { attempts, statuses, networkErrors });
    });
  }

  for (const [text, message] of [
    ['', /^bad expression at character 1: want one of Attempts\(\), .* got the end$/],
    ['Attempts() < 3', /holds for status 200, too/],
    ['Attempts() > 1 && IsNetworkError()', /never holds after the first attempt/],
    [
      '(Attempts() < 2 && ResponseCode() == 500) || (Attempts() == 2 && ResponseCode() == 501)',
      /other statuses/,
    ],
    ['(Attempts() < 2 || Attempts() == 4) && IsNetworkError()', /other statuses/],
    [
      'RequestMethod() == "GET" && IsNetworkError()',
      /^bad expression at character 1: RequestMethod\(\) is not needed/,
    ],
    ['IsNetworkErr()', /did you mean "IsNetworkError"\?$/],
    ['Attempts() <', /character 13: want one of .* got the end/],
    ['Attempts', /character 9: want "\(", got the end/],
    ['Attempts()', /want a comparison such as "< 3"/],
    ['1 < 2', /want a function on one side of "<"/],
    ['IsNetworkError() == 1', /compares numbers, not conditions/],
    ['IsNetworkError() Attempts()', /want "&&", "\|\|" or the end, got "Attempts"/],
    ['IsNetworkError() & Attempts() < 2', /want "&&", got "&"/],
    [`${'('.repeat(100)}IsNetworkError()`, /nested more than 64 deep/],
    [`IsNetworkError()${' '.repeat(5000)}`, /at most 4096 characters/],
  ] as const) {
    test(`${text.slice(0, 40)} is refused`, () => {
      const rule = retryRule(text);
      assert.ok(typeof rule === 'string');
      assert.match(rule, message);
    });
  }

  test('nothing makes it throw', () => {
    const word = fc.constantFrom(
      'Attempts()',
      'ResponseCode()',
      'IsNetworkError()',
      '<',
      '==',
      '&&',
      '||',
      '!',
      '(',
      ')',
      '3',
      '502',
      ' ',
      '"',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word, { maxLength: 20 }).map((words) => words.join(' ')),
        ),
        (text) => {
          const rule = retryRule(text);
          if (typeof rule !== 'string') assert.ok(rule.attempts >= 2 && rule.statuses.length > 0);
        },
      ),
    );
  });
});
