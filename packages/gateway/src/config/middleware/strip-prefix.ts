/** Schemas of `stripPrefix` and `stripPrefixRegex`. */
import { boolean, list, object, optional, type Static, string } from '@ficus/common/config/schema.ts';

export const stripPrefixSchema = object(
  'Removes the first of these prefixes that the path begins with, and says so in `X-Forwarded-Prefix`.',
  {
    prefixes: list('The prefixes.', string('A prefix such as `/api`.', { format: 'prefix' }), {
      minItems: 1,
    }),
    forceSlash: optional(
      boolean(
        'Accepted for Traefik, and without effect: what is left begins with one slash. Default: false.',
      ),
    ),
  },
);
export type StripPrefixConfig = Static<typeof stripPrefixSchema>;

export const stripPrefixRegexSchema = object(
  'Removes what the first of these expressions matches at the beginning of the path, and says so in `X-Forwarded-Prefix`.',
  {
    regex: list(
      'The expressions.',
      string('An expression in Go’s syntax, such as `^/api/v[0-9]+`.', { minLength: 1 }),
      { minItems: 1 },
    ),
  },
);
export type StripPrefixRegexConfig = Static<typeof stripPrefixRegexSchema>;
