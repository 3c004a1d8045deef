/** Compares the shapes of two JSON documents: keys, types, discriminators; not the values a fleet happens to have. */

/** Members whose values belong to the shape. */
const literal = new Set([
  '$objectType',
  '$fv',
  '$dataItemDiscriminator',
  '$errorItemDiscriminator',
  'rel',
  'status',
  'code',
  'errorGroup',
  'severity',
  'locale',
  'kind',
  'api_version',
  'reason',
]);

/** Where `found` differs from `wanted`; empty when they have the same shape. Lists are compared element by element. */
export function shapeDifferences(found: unknown, wanted: unknown, at = '$'): string[] {
  const types = [typeOf(found), typeOf(wanted)];
  if (types[0] !== types[1]) return [`${at}: want ${types[1]}, found ${types[0]}`];
  if (Array.isArray(wanted) && Array.isArray(found)) {
    if (wanted.length !== found.length)
      return [`${at}: want ${wanted.length} elements, found ${found.length}`];
    return wanted.flatMap((one, index) => shapeDifferences(found[index], one, `${at}[${index}]`));
  }
  if (types[1] !== 'object') return [];
  const left = found as Record<string, unknown>;
  const right = wanted as Record<string, unknown>;
  const missing = Object.keys(right).filter((name) => !(name in left));
  const extra = Object.keys(left).filter((name) => !(name in right));
  return [
    ...missing.map((name) => `${at}.${name}: missing`),
    ...extra.map((name) => `${at}.${name}: not in the golden document`),
    ...Object.keys(right)
      .filter((name) => name in left)
      .flatMap((name) => {
        const inside = `${at}.${name}`;
        if (literal.has(name) && typeof right[name] !== 'object' && left[name] !== right[name])
          return [`${inside}: want ${JSON.stringify(right[name])}, found ${JSON.stringify(left[name])}`];
        return shapeDifferences(left[name], right[name], inside);
      }),
  ];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
