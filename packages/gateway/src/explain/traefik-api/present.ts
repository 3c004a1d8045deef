/** Configuration as Traefik's API shows it: durations as Go writes them, and no secrets. */
import { durationFormat, formatDuration } from '@ficus/common/config/duration.ts';
import type { Schema } from '@ficus/common/config/schema.ts';

/** What stands in a secret's place, as in Traefik. */
export const redacted = 'xxxx';

/** Keys whose values are secrets wherever they stand. `users` holds password hashes. */
const secretKeys = new Set([
  'users',
  'username',
  'password',
  'secret',
  'token',
  'apikey',
  'passphrase',
  'privatekey',
  'key',
]);
/** Names of header fields and query parameters that carry credentials. */
const secretNames =
  /auth|cookie|token|secret|passw|credential|session|signature|api-?_?key|access-?_?key|private-?_?key/i;
/** Maps of header fields, whose values may be anything. */
const headerMaps = new Set(['customrequestheaders', 'customresponseheaders', 'headers']);

/** A copy of `value`, which `schema` has accepted. */
export function present(schema: Schema, value: unknown): unknown {
  return shown(schema, value, '', false);
}

/** `key`: the one it stands under, lower-case. `inHeaders`: among header fields by name. */
function shown(schema: Schema | undefined, value: unknown, key: string, inHeaders: boolean): unknown {
  if (secretKeys.has(key) || (inHeaders && secretNames.test(key))) return hidden(value);
  if (Array.isArray(value)) return value.map((each) => shown(schema?.items, each, '', inHeaders));
  if (typeof value === 'object' && value !== null) {
    // Not the middleware of that name, whose keys are no field names.
    const names = headerMaps.has(key) && schema?.properties === undefined;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [
        name,
        shown(below(schema, name), each, name.toLowerCase(), names),
      ]),
    );
  }
  if (typeof value === 'number' && schema?.format === durationFormat) return formatDuration(value);
  return typeof value === 'string' ? harmless(value) : value;
}

function below(schema: Schema | undefined, name: string): Schema | undefined {
  const { properties, additionalProperties } = schema ?? {};
  return properties?.[name] ?? (additionalProperties || undefined);
}

/** The same shape, so that programs still read it; how many there are is no secret. */
function hidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(() => redacted);
  // An object under such a name is a part of the configuration, and what is in it is looked at by itself.
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, hidden(each)]));
  }
  return redacted;
}

/** Private keys, and credentials in URLs. */
function harmless(text: string): string {
  if (text.includes('PRIVATE KEY')) return redacted;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${redacted}@`)
    .replace(/([?&]([^=&#]*)=)([^&#]*)/g, (all, before: string, name: string) =>
      secretNames.test(name) ? `${before}${redacted}` : all,
    );
}
