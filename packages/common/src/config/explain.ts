/** Says in plain words what a schema error means: what was expected, what was found, the nearest known name. */
import type { ErrorObject } from 'ajv';
import { wantedFormat } from './formats.ts';
import { didYouMean } from './nearest.ts';
import { show } from './problem.ts';
import type { Schema } from './schema.ts';
import type { Path } from './tree.ts';

export interface Explanation {
  readonly path: Path;
  /** Whether a person should look at the key or at the value. */
  readonly place: 'key' | 'value';
  readonly message: string;
}

/** Undefined for errors that only repeat another one. */
export function explain(error: ErrorObject, value: unknown): Explanation | undefined {
  const path = pathOf(error.instancePath, value);
  const schema = error.parentSchema as Schema;
  const found = error.data;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params['additionalProperty']);
      return { path: [...path, key], place: 'key', message: unknownKey(key, schema) };
    }
    case 'required':
      return {
        path,
        place: 'key',
        message: `missing key ${JSON.stringify(error.params['missingProperty'])}`,
      };
    case 'enum':
      return { path, place: 'value', message: wrongChoice(String(found), schema) };
    case 'propertyNames':
    case 'if':
      return undefined;
    default: {
      if (error.propertyName !== undefined) {
        const want = wantedFormat(String(schema.format), error.propertyName);
        const message = `want ${want}, got ${show(error.propertyName)}`;
        return { path: [...path, error.propertyName], place: 'key', message };
      }
      return { path, place: 'value', message: `want ${wanted(schema, found)}, got ${show(found)}` };
    }
  }
}

function unknownKey(key: string, schema: Schema): string {
  const later = schema.notYet?.find((name) => name.toLowerCase() === key.toLowerCase());
  const known = Object.keys(schema.properties ?? {});
  if (later !== undefined)
    return `${JSON.stringify(later)} is an option of Traefik that Ficus does not support yet`;
  const near = didYouMean(key, known);
  if (near !== '') return `unknown key ${JSON.stringify(key)}${near}`;
  return `unknown key ${JSON.stringify(key)}, ${known.length === 0 ? 'no keys are known here' : `known here: ${known.join(', ')}`}`;
}

function wrongChoice(found: string, schema: Schema): string {
  const known = schema.enum ?? [];
  const choices = known.map((one) => JSON.stringify(one)).join(', ');
  if (schema.notYet?.includes(found)) {
    return `${JSON.stringify(found)} is a value of Traefik that Ficus does not support yet, supported: ${choices}`;
  }
  return `want ${known.length === 1 ? '' : 'one of '}${choices}, got ${JSON.stringify(found)}${didYouMean(found, known)}`;
}

/** What the schema asks for, completing "want …". */
function wanted(schema: Schema, found: unknown): string {
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

/** JSON pointer → path; list indexes become numbers where the value is a list. */
function pathOf(pointer: string, root: unknown): Path {
  let value = root;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const index = Array.isArray(value) ? Number(key) : key;
      value = (value as Record<string, unknown> | undefined)?.[key];
      return index;
    });
}
