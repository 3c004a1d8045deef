/** The OData parameters of a list. */
import { schemaError } from '../wire/errors.ts';

export interface ListQuery {
  /** From 0. */
  readonly page: number;
  /** 1 to 100, default 50. */
  readonly limit: number;
  readonly filter: string | undefined;
  readonly orderBy: string | undefined;
  readonly select: readonly string[] | undefined;
  readonly expand: string | undefined;
  /** `$filter=…&$expand=…`, percent-encoded, as links repeat it; begins with `&` unless empty. */
  readonly rest: string;
}

/** Parameters by name; `%24` is `$` and `+` is a space. */
export function parameters(search: string): ReadonlyMap<string, string> {
  return new Map(new URLSearchParams(search));
}

/** Throws a schema error for paging out of bounds. */
export function listQuery(search: string): ListQuery {
  const given = parameters(search);
  const rest = ['$filter', '$orderby', '$expand', '$select']
    .filter((name) => given.has(name))
    .map((name) => `&${name}=${encode(given.get(name) as string)}`)
    .join('');
  return {
    page: whole(given, '$page', 0, 0, Number.MAX_SAFE_INTEGER),
    limit: whole(given, '$limit', 50, 1, 100),
    filter: given.get('$filter'),
    orderBy: given.get('$orderby'),
    select: given
      .get('$select')
      ?.split(',')
      .map((name) => name.trim()),
    expand: given.get('$expand'),
    rest,
  };
}

/** Apostrophes too, as links of a real one have them. */
const encode = (text: string): string => encodeURIComponent(text).replaceAll("'", '%27');

function whole(
  given: ReadonlyMap<string, string>,
  name: string,
  fallback: number,
  minimum: number,
  maximum: number,
): number {
  const text = given.get(name);
  if (text === undefined) return fallback;
  const location = `query.${name}`;
  if (!/^-?\d+$/.test(text))
    throw schemaError(location, name, `Instance type (string) does not match any allowed type (integer)`);
  const value = Number(text);
  if (value > maximum) {
    const bounds = `(maximum: ${maximum}, found: ${value})`;
    throw schemaError(location, name, `Numeric instance is greater than the required maximum ${bounds}`);
  }
  if (value < minimum) {
    const bounds = `(minimum: ${minimum}, found: ${value})`;
    throw schemaError(location, name, `Numeric instance is lower than the required minimum ${bounds}`);
  }
  return value;
}
