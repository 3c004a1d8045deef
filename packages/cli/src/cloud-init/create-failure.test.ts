import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FicusError } from '@ficus/common/errors.ts';
import { sayingOptions } from './create-failure.ts';

const options = { child: 'vm-1', prismUsername: 'u', prismPasswordFile: 'p' };
const remedyOf = (error: unknown) => (error instanceof FicusError ? error.remedy : undefined);

test('what to do names options, and a VM that was left behind is still told', () => {
  const inner = new FicusError('prism.unauthorized', 'refused', { remedy: 'put it into apiKeyFile' });
  const said = 'correct --prism-username and the file of --prism-password-file';
  assert.equal(remedyOf(sayingOptions(inner, options)), said);
  const remedy = `${inner.remedy}; VM vm-1 was created`;
  const outer = new FicusError('prism.unauthorized', 'refused', { remedy, cause: inner });
  assert.equal(remedyOf(sayingOptions(outer, options)), `${said}; VM vm-1 was created`);
  const odd = new FicusError('prism.bad-answer', 'x', { remedy: 'check that endpoint is it' });
  assert.equal(remedyOf(sayingOptions(odd, options)), 'check that --prism is it');
  const key = { ...options, createApiKeyFile: 'k' };
  assert.match(remedyOf(sayingOptions(inner, key)) ?? '', /the file of --create-api-key-file$/);
});

test('other errors are as they were', () => {
  for (const error of [new Error('x'), new FicusError('prism.vm-exists', 'x'), undefined]) {
    assert.equal(sayingOptions(error, options), error);
  }
});
