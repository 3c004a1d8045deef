import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maxExpressionLength } from '../expression/parse.ts';
import { checkExpression, compileExpression } from './expression.ts';
import type { CircuitMetrics } from './metric-functions.ts';

interface Facts {
  readonly requests?: number;
  readonly network?: number;
  readonly codes?: (from: number, to: number, byFrom: number, byTo: number) => number;
  readonly latency?: (percent: number) => number;
}

function metrics(facts: Facts): CircuitMetrics {
  return {
    requests: facts.requests ?? 0,
    networkErrorRatio: () => facts.network ?? 0,
    responseCodeRatio: facts.codes ?? (() => 0),
    latencyAtQuantileMs: facts.latency ?? (() => 0),
  };
}

const truths: readonly (readonly [text: string, facts: Facts, holds: boolean])[] = [
  ['NetworkErrorRatio() > 0.30', { network: 0.31 }, true],
  ['NetworkErrorRatio() > 0.30', { network: 0.3 }, false],
  ['NetworkErrorRatio() >= .3', { network: 0.3 }, true],
  ['NetworkErrorRatio()>1e-1', { network: 0.2 }, true],
  ['0.30 < NetworkErrorRatio()', { network: 0.31 }, true],
  ['RequestThreshold() >= 20', { requests: 20 }, true],
  ['RequestThreshold() < 20', { requests: 20 }, false],
  ['RequestThreshold() <= 20', { requests: 20 }, true],
  ['RequestThreshold() == 20', { requests: 20 }, true],
  ['RequestThreshold() != 20', { requests: 20 }, false],
  ['LatencyAtQuantileMS(50.0) > 100', { latency: (percent) => percent * 2 }, false],
  ['LatencyAtQuantileMS(99.9) > 100', { latency: (percent) => percent * 2 }, true],
  [
    'ResponseCodeRatio(500, 600, 0, 600) > 0.25',
    { codes: (...all) => (all.join() === '500,600,0,600' ? 0.5 : 0) },
    true,
  ],
  // Of the operators `!` binds tightest and `||` least.
  ['RequestThreshold() > 0 || NetworkErrorRatio() > 0.5 && NetworkErrorRatio() > 0.9', { requests: 1 }, true],
  [
    '(RequestThreshold() > 0 || NetworkErrorRatio() > 0.5) && NetworkErrorRatio() > 0.9',
    { requests: 1 },
    false,
  ],
  ['!(RequestThreshold() > 0) || NetworkErrorRatio() > 0.5', { requests: 1, network: 0.6 }, true],
  ['!!(RequestThreshold() > 0)', { requests: 1 }, true],
  ['((RequestThreshold()) > (0))', { requests: 1 }, true],
  ['\n NetworkErrorRatio ( ) >\t0.1 ', { network: 0.2 }, true],
];
for (const [text, facts, holds] of truths) {
  test(`${JSON.stringify(text)} ${holds ? 'holds' : 'does not hold'}`, () => {
    assert.equal(checkExpression(text), undefined);
    assert.equal(compileExpression(text)(metrics(facts)), holds);
  });
}

const known =
  'want one of NetworkErrorRatio(), ResponseCodeRatio(from, to, dividedByFrom, dividedByTo), LatencyAtQuantileMS(percent), RequestThreshold()';
const mistakes: readonly (readonly [text: string, message: string])[] = [
  ['', `at character 1: ${known}, got the end`],
  [
    'NetworkErorRatio() > 0.3',
    `at character 1: ${known}, got "NetworkErorRatio", did you mean "NetworkErrorRatio"?`,
  ],
  ['NetworkErrorRatio() > ', `at character 23: ${known}, got the end`],
  ['NetworkErrorRatio()', 'at character 20: want a comparison such as "> 0.30", got the end'],
  [
    'NetworkErrorRatio() && RequestThreshold() > 1',
    'at character 21: want a comparison such as "> 0.30", got "&&"',
  ],
  ['NetworkErrorRatio > 0.3', 'at character 19: want "(", got ">"'],
  ['NetworkErrorRatio( > 0.3', 'at character 20: want ")", got ">"'],
  ['NetworkErrorRatio(1) > 0.3', 'at character 1: NetworkErrorRatio: it takes nothing in its parentheses'],
  ['NetworkErrorRatio() > 0.3 & RequestThreshold() > 1', 'at character 27: want "&&", got "&"'],
  ['NetworkErrorRatio() = 0.3', 'at character 21: want "==", got "="'],
  ['NetworkErrorRatio() > -1', 'at character 23: no value is ever below 0, got "-"'],
  ['NetworkErrorRatio() > 30%', 'at character 25: want a function, a number or an operator, got "%"'],
  ['LatencyAtQuantileMS(50.0) > 100ms', 'at character 29: want a number like 100 or 0.25, got "100ms"'],
  [
    'LatencyAtQuantileMS(500) > 100',
    'at character 1: LatencyAtQuantileMS: it takes one number above 0 and up to 100, such as LatencyAtQuantileMS(50.0)',
  ],
  [
    'LatencyAtQuantileMS() > 100',
    'at character 1: LatencyAtQuantileMS: it takes one number above 0 and up to 100, such as LatencyAtQuantileMS(50.0)',
  ],
  [
    'ResponseCodeRatio(500, 600) > 0.3',
    'at character 1: ResponseCodeRatio: it takes four status codes, such as ResponseCodeRatio(500, 600, 0, 600)',
  ],
  [
    'ResponseCodeRatio(600, 500, 0, 600) > 0.3',
    'at character 1: ResponseCodeRatio: a range ends before its second number, which must be larger than the first',
  ],
  [
    '1 > 2',
    `at character 3: want a function on one side of ">": one of ${known.slice('want one of '.length)}`,
  ],
  [
    '!NetworkErrorRatio() > 0.3',
    'at character 2: what "!" turns round must be in parentheses, such as !(RequestThreshold() < 20)',
  ],
  ['RequestThreshold() > 1 > 0', 'at character 24: want "&&", "||" or the end, got ">"'],
  ['(RequestThreshold() > 1) == 1', 'at character 26: "==" compares numbers, not conditions'],
  ['(RequestThreshold() > 1', 'at character 24: want ")", got the end'],
  ['RequestThreshold() > 1 1', 'at character 24: want "&&", "||" or the end, got "1"'],
  [`${'('.repeat(65)}RequestThreshold() > 1${')'.repeat(65)}`, 'at character 65: nested more than 64 deep'],
];
for (const [text, message] of mistakes) {
  test(`${JSON.stringify(text.slice(0, 60))} is wrong`, () => {
    assert.equal(checkExpression(text), `bad expression ${message}`);
  });
}

test('an expression has a longest length', () => {
  const text = `RequestThreshold() > 1${' '.repeat(maxExpressionLength)}`;
  assert.match(checkExpression(text) ?? '', /want at most 4096 characters/);
  assert.equal(checkExpression(text.slice(0, maxExpressionLength)), undefined);
});

test('any text is either right and can be evaluated, or wrong with a place inside it', () => {
  const piece = fc.constantFrom(
    'NetworkErrorRatio()',
    'RequestThreshold()',
    'LatencyAtQuantileMS(50.0)',
    'ResponseCodeRatio(500, 600, 0, 600)',
    '>',
    '>=',
    '<',
    '==',
    '!=',
    '!',
    '(',
    ')',
    '&&',
    '||',
    '0.5',
    '1',
    ' ',
    ',',
    '-',
    '🌳',
    'x',
  );
  const texts = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    fc.string(),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const wrong = checkExpression(text);
      if (wrong === undefined) {
        assert.equal(typeof compileExpression(text)(metrics({})), 'boolean');
        return;
      }
      const place = Number(/^bad expression at character ([0-9]+): ./.exec(wrong)?.[1]);
      assert.ok(place >= 1 && place <= text.length + 1, wrong);
    }),
    { numRuns: 2000 },
  );
});

test('a condition made of random parts means what JavaScript makes of it', () => {
  const comparison = fc
    .tuple(fc.constantFrom('>', '>=', '<', '<=', '==', '!='), fc.nat(3))
    .map(([operator, number]) => `RequestThreshold() ${operator} ${number}`);
  const { condition } = fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 6 },
      comparison,
      fc.tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition')).map((all) => all.join(' ')),
      tie('condition').map((inner) => `(${inner})`),
      tie('condition').map((inner) => `!(${inner})`),
    ),
  }));
  fc.assert(
    fc.property(condition, fc.nat(3), (text, requests) => {
      const same = new Function('RequestThreshold', `return ${text}`) as (of: () => number) => boolean;
      assert.equal(
        compileExpression(text)(metrics({ requests })),
        same(() => requests),
      );
    }),
  );
});
