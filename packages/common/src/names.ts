/** The names that cross process borders, and what they may look like. */

/** Traefik Hub's rule for `exposeName`, at most 253 characters. */
const exposed = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/;
const child = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** An exposed name: lower-case letters, digits, `-` and `.`, at most 253. Safe in rules, headers and URLs. */
export function isExposedName(name: string): boolean {
  return name.length <= 253 && exposed.test(name);
}

/** A child's (or parent's) name: lower-case letters, digits and `-`, at most 63 (one DNS label). */
export function isNodeName(name: string): boolean {
  return name.length <= 63 && child.test(name);
}

/**
 * Whether `name` is granted by `glob`, in which `*` stands for any run of characters and nothing else is special.
 * Linear in both lengths: a hostile glob cannot make it slow.
 */
export function globMatches(glob: string, name: string): boolean {
  const parts = glob.split('*');
  if (parts.length === 1) return glob === name;
  const first = parts[0] as string;
  const last = parts[parts.length - 1] as string;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return at <= end;
}
