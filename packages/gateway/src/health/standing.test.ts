import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Standing } from './standing.ts';

/** Answers as letters, g(ood) and b(ad); the verdict after each as +, - or ? for none, upper-cased changes as !. */
function verdicts(answers: string, healthyThreshold: number, unhealthyThreshold: number): string {
  const standing = new Standing();
  return [...answers]
    .map((answer) => {
      const changed = standing.add(answer === 'g', { healthyThreshold, unhealthyThreshold });
      return `${standing.up === undefined ? '?' : standing.up ? '+' : '-'}${changed ? '!' : ''}`;
    })
    .join('');
}

for (const [answers, rise, fall, expected] of [
  // Traefik: every answer is the verdict.
  ['gbgb', 1, 1, '+!-!+!-!'],
  ['bbg', 1, 1, '-!-+!'],
  // As many in a row as the threshold says; one of the other kind starts the row anew.
  ['gbbgbbb', 1, 3, '+!+++++-!'],
  ['bggbggg', 3, 1, '-!-----+!'],
  ['gbbggbbgg', 2, 2, '+!+-!-+!+-!-+!'],
  // The first good answer is proof enough; bad ones take a row to be.
  ['g', 3, 3, '+!'],
  ['bbg', 3, 3, '??+!'],
  ['bbbggg', 3, 3, '??-!--+!'],
] as const) {
  test(`${answers}, rise ${rise}, fall ${fall}: ${expected}`, () => {
    assert.equal(verdicts(answers, rise, fall), expected);
  });
}
