/** Says in plain words what a schema asks for: what was expected, the nearest known name. */
import { wantedFormat } from './formats.ts';
import { didYouMean } from './nearest.ts';
import type { Schema } from './schema.ts';

/** For a key that the schema has not. */
export function unknownKey(key: string, schema: Schema): string {
  const later = schema.notYet?.find((name) => name.toLowerCase() === key.toLowerCase());
  const known = Object.keys(schema.properties ?? {});
  if (later !== undefined) {
    const instead = schema.instead?.[later];
    const remedy = instead === undefined ? '' : `: ${instead}`;
    return `${JSON.stringify(later)} is an option of Traefik that Ficus does not support yet${remedy}`;
  }
  const elsewhere = Object.entries(schema.elsewhere ?? {}).find(
    ([name]) => name.toLowerCase() === key.toLowerCase(),
  );
  if (elsewhere !== undefined) return `${JSON.stringify(elsewhere[0])} ${elsewhere[1]}`;
  const removed = Object.entries(schema.removed ?? {}).find(
    ([name]) => name.toLowerCase() === key.toLowerCase(),
  );
  if (removed !== undefined)
    return `${JSON.stringify(removed[0])} is no option of Traefik v3 any more: ${removed[1]}`;
  const near = didYouMean(key, known);
  if (near !== '') return `unknown key ${JSON.stringify(key)}${near}`;
  return `unknown key ${JSON.stringify(key)}, ${known.length === 0 ? 'no keys are known here' : `known here: ${known.join(', ')}`}`;
}

/** For a value that is none of the schema's choices. */
export function wrongChoice(found: string, schema: Schema): string {
  const known = schema.enum ?? [];
  const choices = known.map((one) => JSON.stringify(one)).join(', ');
  if (schema.notYet?.includes(found)) {
    return `${JSON.stringify(found)} is a value of Traefik that Ficus does not support yet, supported: ${choices}`;
  }
  return `want ${known.length === 1 ? '' : 'one of '}${choices}, got ${JSON.stringify(found)}${didYouMean(found, known)}`;
}

/** What the schema asks for, completing "want …". */
export function wanted(schema: Schema, found: unknown): string {
  if (schema.format !== undefined) return wantedFormat(schema.format, found);
  switch (schema.type) {
    case 'integer':
      return range(schema);
    case 'boolean':
      return 'true or false';
    case 'string':
      return schema.enum === undefined
        ? 'text'
        : `one of ${schema.enum.map((one) => JSON.stringify(one)).join(', ')}`;
    case 'array':
      return (schema.minItems ?? 0) > 0 ? `a list of at least ${schema.minItems}` : 'a list';
    default:
      return schema.keyName === undefined ? 'an object' : `an object with a key for each ${schema.keyName}`;
  }
}

function range({ minimum, maximum }: Schema): string {
  const least = minimum !== undefined && minimum > -Number.MAX_SAFE_INTEGER ? minimum : undefined;
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (least !== undefined && most !== undefined) return `a whole number from ${least} to ${most}`;
  if (least !== undefined) return `a whole number, ${least} or more`;
  return most === undefined ? 'a whole number' : `a whole number, ${most} or less`;
}
