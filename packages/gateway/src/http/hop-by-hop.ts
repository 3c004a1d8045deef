/**
 * Fields that concern one connection only are removed before anything else sees them, and fields the gateway manages can
 * be neither named away nor forged under an alias (RFC 9110 §7.6.1; CVE-2024-45410, CVE-2026-29054, CVE-2026-33433).
 */
import { type Headers, stride } from './headers.ts';
import { CONNECTION, classify, DROP, KEEP, TE } from './managed-headers.ts';

/**
 * Removes from a response, in place, hop-by-hop fields, what `Connection` names and aliases of managed fields.
 * Content-Length stays: after HEAD and with 304 it is information, not framing.
 */
export function removeConnectionFields(headers: Headers): void {
  const length = headers.length;
  let nominated = '';
  let to = 0;
  for (let i = 0; i < length; i += stride) {
    const name = headers[i] as string;
    const kind = classify(name);
    if (kind === CONNECTION) nominated = addNominations(nominated, headers[i + 1] as string);
    if (kind === CONNECTION || kind === TE || (kind === DROP && name !== 'content-length')) continue;
    if (to !== i) moveField(headers, i, to);
    to += stride;
  }
  if (to !== length) headers.length = to;
  if (nominated !== '') removeNominated(headers, nominated);
}

/** Adds the value of one Connection field to those that name other fields; '' stays '' for the usual ones. */
export function addNominations(nominated: string, value: string): string {
  if (value === 'keep-alive' || value === 'close' || value === 'Keep-Alive' || value === 'Upgrade') {
    return nominated;
  }
  return nominated === '' ? value : `${nominated},${value}`;
}

/**
 * Removes every field that the Connection list `nominated` names, save those that the gateway manages and those in
 * `spared`. Returns the spared ones that were named; undefined when there are none.
 */
export function removeNominated(
  headers: Headers,
  nominated: string,
  spared?: ReadonlySet<string>,
): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  let kept: Set<string> | undefined;
  for (const token of nominated.toLowerCase().split(',')) {
    const name = token.trim();
    if (name === '' || classify(name) !== KEEP) continue;
    if (spared?.has(name)) kept = (kept ?? new Set()).add(name);
    else names.add(name);
  }
  if (names.size === 0) return kept;
  let to = 0;
  for (let i = 0; i < headers.length; i += stride) {
    if (names.has(headers[i] as string)) continue;
    if (to !== i) moveField(headers, i, to);
    to += stride;
  }
  headers.length = to;
  return kept;
}

/** Moves the field at `from` down to `to`. */
export function moveField(headers: Headers, from: number, to: number): void {
  headers[to] = headers[from] as string;
  headers[to + 1] = headers[from + 1] as string;
  headers[to + 2] = headers[from + 2] as string;
}
