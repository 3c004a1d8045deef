/** Header fields set and deleted, prepared once. */
import { deleteHeader, type Headers, stride } from '../http/headers.ts';

export interface FieldEdit {
  /** Lower-case. */
  readonly name: string;
  /** As the wire has it; '' deletes. */
  readonly value: string;
  /** The name as it goes over the wire. */
  readonly written: string;
}

/** `name` and `value` as a person wrote them. */
export function fieldEdit(name: string, value: string): FieldEdit {
  const lower = name.toLowerCase();
  // The wire writes latin1, so text beyond ASCII goes as its UTF-8 bytes.
  return { name: lower, value: Buffer.from(value, 'utf8').toString('latin1'), written: spelled(lower) };
}

/**
 * `aliases`: also fields that only look like these to endpoints that take `_` for `-` go, as a client may send them to get
 * past the operator's.
 */
export function applyEdits(edits: readonly FieldEdit[], fields: Headers, aliases: boolean): void {
  const suspect = aliases && edits.length > 0 && hasUnderscore(fields);
  for (let i = 0; i < edits.length; i++) {
    const edit = edits[i] as FieldEdit;
    deleteHeader(fields, edit.name);
    if (suspect) deleteAliases(fields, edit.name);
    if (edit.value !== '') fields.push(edit.name, edit.value, edit.written);
  }
}

/** The value of a field that may be there once; '' when it is not, or more than once: who else reads it may read another. */
export function soleField(fields: Headers, name: string): string {
  let found: string | undefined;
  for (let i = 0; i < fields.length; i += stride) {
    if (fields[i] !== name) continue;
    if (found !== undefined) return '';
    found = fields[i + 1];
  }
  return found ?? '';
}

/** A field for `setIdentity`, spelled as the operator does. */
export function identityField(name: string): FieldEdit {
  return { name: name.toLowerCase(), value: '', written: name };
}

/**
 * Sets a field that says who the client is. What the client sent under the name goes, and so does what only looks like
 * it to endpoints that take `_` for `-`.
 */
export function setIdentity(fields: Headers, { name, written }: FieldEdit, value: string): void {
  deleteHeader(fields, name);
  deleteAliases(fields, name);
  fields.push(name, Buffer.from(value, 'utf8').toString('latin1'), written);
}

function hasUnderscore(fields: Headers): boolean {
  for (let i = 0; i < fields.length; i += stride) if ((fields[i] as string).includes('_')) return true;
  return false;
}

function deleteAliases(fields: Headers, name: string): void {
  for (let i = fields.length - stride; i >= 0; i -= stride) {
    const other = fields[i] as string;
    if (other.length !== name.length || !other.includes('_') || other === name) continue;
    if (folded(other) === folded(name)) fields.splice(i, stride);
  }
}

function folded(name: string): string {
  return name.replaceAll('_', '-');
}

/** `x-robots-tag` as `X-Robots-Tag`, the spelling Traefik sends. */
function spelled(lower: string): string {
  return lower.replaceAll(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}
