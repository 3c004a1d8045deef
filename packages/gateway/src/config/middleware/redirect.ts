/** Schemas of `redirectScheme` and `redirectRegex`. */
import { boolean, object, optional, type Static, string } from '@ficus/common/config/schema.ts';

const permanent = optional(
  boolean('Answers 301 (308 to other methods than GET) in place of 302 (307). Default: false.'),
);

export const redirectSchemeSchema = object(
  'Redirects requests that came with another scheme or port; the path and the query stay.',
  {
    scheme: string('The scheme, such as `https`.', { format: 'url-scheme' }),
    port: optional(string('The port. Default: the scheme’s own.', { format: 'port' })),
    permanent,
  },
);
export type RedirectSchemeConfig = Static<typeof redirectSchemeSchema>;

export const redirectRegexSchema = object('Redirects requests whose URL an expression matches.', {
  regex: string(
    'The expression in Go’s syntax, matched against `scheme://host[:port]/path?query`; such as `^https://old\\.example\\.com/(.*)`.',
    { minLength: 1 },
  ),
  replacement: string('What takes its place; `$1` or `$name` stands for a group.', { minLength: 1 }),
  permanent,
});
export type RedirectRegexConfig = Static<typeof redirectRegexSchema>;
