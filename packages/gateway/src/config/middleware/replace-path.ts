/** Schemas of `replacePath` and `replacePathRegex`. */
import { object, type Static, string } from '@ficus/common/config/schema.ts';

export const replacePathSchema = object(
  'Replaces the path; the query stays, and `X-Replaced-Path` says what it was.',
  { path: string('The path, such as `/health`.', { format: 'prefix' }) },
);
export type ReplacePathConfig = Static<typeof replacePathSchema>;

export const replacePathRegexSchema = object(
  'Rewrites paths that an expression matches; the query stays, and `X-Replaced-Path` says what it was.',
  {
    regex: string(
      'The expression in Go’s syntax, matched against the path as it is sent, percent-encoded; such as `^/old/(.*)`.',
      { minLength: 1 },
    ),
    replacement: string('What takes its place; `$1` or `$name` stands for a group. Such as `/new/$1`.'),
  },
);
export type ReplacePathRegexConfig = Static<typeof replacePathRegexSchema>;
