// A node:test reporter for run-file.js: one JSON object a line, on descriptor 3, for each test that begins or ends.
// Standard output stays the tests' own.

import { writeSync } from 'node:fs';

// biome-ignore lint/correctness/useYield: what a reporter yields would be mixed with what the tests print
export default async function* report(source) {
  for await (const { type, data } of source) {
    if (type === 'test:dequeue') {
      send({ type: 'begin' });
    } else if (type === 'test:complete') {
      send({ type: 'end' });
    } else if (type === 'test:pass' || type === 'test:fail') {
      const { name, line: row, column, skip, todo, details } = data;
      send({
        type: type === 'test:pass' ? 'pass' : 'fail',
        suite: details?.type === 'suite',
        ...{ name, line: row, column, skip, todo },
        ...(details?.error === undefined ? {} : errorOf(details.error)),
      });
    }
  }
}

/** node:test wraps what was thrown; `because` tells a failure of its own from one that only has failing subtests. */
function errorOf(error) {
  const text = described(error.cause ?? error);
  return { because: error.failureType, error: text };
}

/** With what caused it: fast-check keeps the failing assertion there. */
function described(error, depth = 0) {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  if (error.cause === undefined || depth === 3) return text;
  return `${text}\ncaused by ${described(error.cause, depth + 1)}`;
}

function send(value) {
  writeSync(3, `${JSON.stringify(value)}\n`);
}
