/** Schemas of `basicAuth` and `digestAuth`. */
import { boolean, list, object, optional, type Static, string } from '@ficus/common/config/schema.ts';

const common = {
  usersFile: optional(
    string('File with one user a line (relative to this file), read before `users`. It is watched.', {
      minLength: 1,
    }),
  ),
  realm: optional(string('What browsers show when they ask. Default: `traefik`.', { format: 'realm' })),
  headerField: optional(
    string('Field in which endpoints are told the user’s name. Default: none.', { format: 'header-name' }),
  ),
  removeHeader: optional(boolean('Takes `Authorization` off the request. Default: false.')),
};

export const basicAuthSchema = object('Asks for a user name and a password.', {
  users: optional(
    list(
      'Users, as `htpasswd` writes them.',
      string('`name:hash`; the hash by bcrypt, MD5 or SHA1.', { minLength: 1, secret: true }),
      { secret: true },
    ),
  ),
  ...common,
});
export type BasicAuthConfig = Static<typeof basicAuthSchema>;

export const digestAuthSchema = object(
  'Asks for a user name and a password, which is not sent itself (HTTP Digest, MD5).',
  {
    users: optional(
      list(
        'Users, as `htdigest` writes them.',
        string('`name:realm:hash`; the hash is MD5 of `name:realm:password`.', {
          minLength: 1,
          secret: true,
        }),
        { secret: true },
      ),
    ),
    ...common,
  },
);
export type DigestAuthConfig = Static<typeof digestAuthSchema>;
