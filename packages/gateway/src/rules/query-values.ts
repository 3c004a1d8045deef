/** The decoded keys and values of a query, made when a rule first asks and kept for the next rule of the same request. */

let lastQuery: string | undefined;
let lastPairs: readonly string[] = [];

/** `[name, value, name, value, …]`, decoded as Go's url.Query does. */
export function queryPairs(query: string | undefined): readonly string[] {
  if (query === undefined || query === '') return none;
  if (query !== lastQuery) {
    lastPairs = decodePairs(query);
    lastQuery = query;
  }
  return lastPairs;
}

const none: readonly string[] = [];

/** Whether `query` has `name` with exactly `value`, after decoding. */
export function queryHas(query: string | undefined, name: string, value: string): boolean {
  const pairs = queryPairs(query);
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] === name && pairs[i + 1] === value) return true;
  }
  return false;
}

/** Pairs with a semicolon or a bad escape don't count. The head's size caps their number. */
function decodePairs(query: string): string[] {
  const pairs: string[] = [];
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    if (name !== undefined && value !== undefined) pairs.push(name, value);
  }
  return pairs;
}

function decode(text: string): string | undefined {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
}
