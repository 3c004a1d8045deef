/** Schema of `chain`. */
import { list, object, type Static, string } from '@ficus/common/config/schema.ts';

export const chainSchema = object('Other middlewares under one name, first to last.', {
  middlewares: list(
    'The middlewares; `name` or `name@provider`.',
    string('A middleware.', { minLength: 1 }),
    { minItems: 1 },
  ),
});
export type ChainConfig = Static<typeof chainSchema>;
