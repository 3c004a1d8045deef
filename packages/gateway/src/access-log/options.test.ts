import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeYaml } from '@ficus/common/config/decode.ts';
import { accessLogSchema } from '../config/static.ts';
import { accessLogOptions } from './options.ts';

function options(text: string) {
  const decoded = decodeYaml({ text, file: 'x.yaml', schema: accessLogSchema });
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return accessLogOptions(decoded.value, '/etc/ficus');
}

for (const [text, expected] of [
  ['{}', { format: 'common', filePath: '' }],
  ['{filePath: a.log, format: json}', { format: 'json', filePath: '/etc/ficus/a.log' }],
  ['{filePath: /var/a.log, filters: {}}', { format: 'common', filePath: '/var/a.log' }],
  [
    'filters: {statusCodes: [404, "500-599"], minDuration: 2s, retryAttempts: true}',
    {
      ...{ format: 'common', filePath: '' },
      filters: {
        statusCodes: [
          [404, 404],
          [500, 599],
        ],
        minDurationMs: 2000,
        retryAttempts: true,
      },
    },
  ],
] as const) {
  test(`accessLog ${text}`, () => assert.deepEqual(options(text), expected));
}

for (const wrong of ['600', '40', '599-500', '4xx', '200-']) {
  test(`a status code is not ${wrong}`, () => {
    const text = `filters: {statusCodes: ["${wrong}"]}`;
    const decoded = decodeYaml({ text, file: 'x.yaml', schema: accessLogSchema });
    assert.equal(decoded.ok, false);
  });
}
