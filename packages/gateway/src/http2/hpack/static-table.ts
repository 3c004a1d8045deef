/** The static table of RFC 7541, appendix A. */

/** `name` or `name value`, index 1 first. */
const entries = [
  ':authority',
  ':method GET',
  ':method POST',
  ':path /',
  ':path /index.html',
  ':scheme http',
  ':scheme https',
  ':status 200',
  ':status 204',
  ':status 206',
  ':status 304',
  ':status 400',
  ':status 404',
  ':status 500',
  'accept-charset',
  'accept-encoding gzip, deflate',
  'accept-language',
  'accept-ranges',
  'accept',
  'access-control-allow-origin',
  'age',
  'allow',
  'authorization',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expect',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'link',
  'location',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'range',
  'referer',
  'refresh',
  'retry-after',
  'server',
  'set-cookie',
  'strict-transport-security',
  'transfer-encoding',
  'user-agent',
  'vary',
  'via',
  'www-authenticate',
];

/** Number of entries: the dynamic table begins at the next index. */
export const staticCount = 61;

/** What an entry counts beyond its name and value (RFC 7541 §4.1, RFC 9113 §6.5.2). */
export const entryOverhead = 32;

/** Names by index; [0] is no entry. */
export const staticNames: readonly string[] = ['', ...entries.map((entry) => internalised(split(entry)[0]))];
/** Values by index; [0] is no entry. */
export const staticValues: readonly string[] = ['', ...entries.map((entry) => internalised(split(entry)[1]))];
/** What each entry counts towards a list's size. */
export const staticSizes: readonly number[] = staticNames.map(
  (name, i) => name.length + (staticValues[i] as string).length + entryOverhead,
);

/** The first index with each name. */
export const staticIndexes: ReadonlyMap<string, number> = new Map(
  // From the last to the first, so that the first of several stays.
  staticNames
    .map((name, i): [string, number] => [name, i])
    .slice(1)
    .reverse(),
);

function split(entry: string): [name: string, value: string] {
  const space = entry.indexOf(' ');
  return space < 0 ? [entry, ''] : [entry.slice(0, space), entry.slice(space + 1)];
}

/**
 * The one string V8 keeps for this text, as it does for the literals of source code: two of them are compared by
 * address alone, equal or not.
 */
export function internalised(text: string): string {
  return Object.keys({ [text]: 0 })[0] as string;
}
