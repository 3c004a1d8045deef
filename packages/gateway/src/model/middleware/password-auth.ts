/** `basicAuth` and `digestAuth` as the data plane is told of them. */
import type { BasicAuthConfig, DigestAuthConfig } from '../../config/middleware/password-auth.ts';
import { fieldMistake } from '../../middleware/field-mistake.ts';
import { basicUsers, digestUsers, fileLines, type UserLine } from '../../passwords/users.ts';
import type { QName } from '../model.ts';
import type { MiddlewareContext } from './resolve-context.ts';

interface PasswordAuthModel {
  readonly name: QName;
  /** Name and hash. Secrets: never shown. */
  readonly users: readonly (readonly [name: string, hash: string])[];
  readonly realm: string;
  /** '' for none. */
  readonly headerField: string;
  readonly removeHeader: boolean;
}

export interface BasicAuthModel extends PasswordAuthModel {
  readonly kind: 'basicAuth';
}

export interface DigestAuthModel extends PasswordAuthModel {
  readonly kind: 'digestAuth';
}

export function resolveBasicAuth(
  name: QName,
  config: BasicAuthConfig,
  context: MiddlewareContext,
): BasicAuthModel | string {
  const common = commonOf(name, config, context);
  if (typeof common === 'string') return common;
  const users = basicUsers(common.lines);
  if (typeof users === 'string') return users;
  return { kind: 'basicAuth', ...common.model, users: [...users] };
}

export function resolveDigestAuth(
  name: QName,
  config: DigestAuthConfig,
  context: MiddlewareContext,
): DigestAuthModel | string {
  const common = commonOf(name, config, context);
  if (typeof common === 'string') return common;
  const users = digestUsers(common.lines, common.model.realm);
  if (typeof users === 'string') return users;
  return { kind: 'digestAuth', ...common.model, users: [...users] };
}

interface Common {
  readonly model: Omit<PasswordAuthModel, 'users'>;
  /** Those of the file first. */
  readonly lines: readonly UserLine[];
}

function commonOf(name: QName, config: BasicAuthConfig, { source }: MiddlewareContext): Common | string {
  const { users, usersFile, realm = 'traefik', headerField = '', removeHeader = false } = config;
  if (users === undefined && usersFile === undefined) {
    return 'want `users`, `usersFile` or both: nobody could ever pass';
  }
  const mistake = headerField === '' ? undefined : fieldMistake(headerField, '', 'response');
  if (mistake !== undefined) return `headerField: ${mistake}`;
  const text = usersFile === undefined ? '' : source.files?.get(usersFile);
  if (text === undefined) return unread(usersFile ?? '', source);
  const written = (users ?? []).map((line, index) => ({ where: `users[${index}]`, line: line.trim() }));
  return {
    model: { name, realm, headerField, removeHeader },
    lines: [...fileLines(usersFile ?? '', text), ...written],
  };
}

function unread(file: string, source: MiddlewareContext['source']): string {
  return `usersFile: cannot read ${JSON.stringify(file)}: ${source.unread?.get(file) ?? 'it was not read'}`;
}
