/** Schema of `addPrefix`. */
import { object, type Static, string } from '@ficus/common/config/schema.ts';

export const addPrefixSchema = object('Puts a prefix before the path.', {
  prefix: string('The prefix, such as `/api`.', { format: 'prefix' }),
});
export type AddPrefixConfig = Static<typeof addPrefixSchema>;
