/** Whether two values would be the same JSON. */

/** Keys whose value is undefined count as absent, as JSON has it; the order of keys does not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!sameJson(a[i], b[i])) return false;
    return true;
  }
  const one = a as Record<string, unknown>;
  const two = b as Record<string, unknown>;
  let left = 0;
  for (const key in one) {
    if (one[key] === undefined) continue;
    if (!Object.hasOwn(two, key) || !sameJson(one[key], two[key])) return false;
    left++;
  }
  for (const key in two) if (two[key] !== undefined) left--;
  return left === 0;
}
