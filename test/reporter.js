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
  const cause = error.cause ?? error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return { because: error.failureType, error: text };
}

function send(value) {
  writeSync(3, `${JSON.stringify(value)}\n`);
}
