/** Schema of `sticky`: a cookie that brings a client back to where its session is. */
import {
  boolean,
  integer,
  object,
  oneOf,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';

export const stickySchema = object('Brings a client back to where its session is.', {
  cookie: object(
    'The cookie that says where. Its value is derived from the name of what was chosen, and is not secret.',
    {
      name: optional(
        string('Its name. Default: made from the name of the service.', { format: 'cookie-name' }),
      ),
      secure: optional(boolean('Whether it is sent over TLS only. Default: false.')),
      httpOnly: optional(boolean('Whether scripts cannot read it. Default: false.')),
      sameSite: optional(
        oneOf('Its SameSite attribute. Default: none is written.', ['none', 'lax', 'strict']),
      ),
      maxAge: optional(
        integer('Seconds until it ends; 0: with the session of the browser; negative: at once. Default: 0.', {
          minimum: -2_147_483_648,
          maximum: 2_147_483_647,
        }),
      ),
      path: optional(string('Its Path attribute. Default: `/`.', { format: 'cookie-attribute' })),
      domain: optional(
        string('Its Domain attribute. Default: none is written.', { format: 'cookie-attribute' }),
      ),
    },
    { allowEmpty: true },
  ),
});
export type StickyConfig = Static<typeof stickySchema>;
