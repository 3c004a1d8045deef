/** Schema of `encodedCharacters`. */
import { boolean, object, optional, type Static } from '@ficus/common/config/schema.ts';

const allow = (what: string) => optional(boolean(`Lets paths hold ${what}. Default: false.`));

export const encodedCharactersSchema = object(
  'Refuses requests whose path holds encoded characters that endpoints may read in another way.',
  {
    allowEncodedSlash: allow('`%2F`, an encoded slash'),
    allowEncodedBackSlash: allow('`%5C`, an encoded backslash'),
    allowEncodedNullCharacter: optional(
      boolean('Accepted for Traefik, and without effect: no path may hold `%00`. Default: false.'),
    ),
    allowEncodedSemicolon: allow('`%3B`, an encoded semicolon'),
    allowEncodedPercent: allow('`%25`, an encoded percent sign'),
    allowEncodedQuestionMark: allow('`%3F`, an encoded question mark'),
    allowEncodedHash: allow('`%23`, an encoded hash'),
  },
  { allowEmpty: true },
);
export type EncodedCharactersConfig = Static<typeof encodedCharactersSchema>;
