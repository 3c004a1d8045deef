/** Where Traefik's decoder is lenient, so are we: case of keys and choices, quotes around numbers, empty sections. */
import type { Scalar } from 'yaml';
import type { Schema } from './schema.ts';

export function propertySchema(schema: Schema | undefined, key: string): Schema | undefined {
  const properties = schema?.properties;
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  return schema?.additionalProperties === false ? undefined : schema?.additionalProperties;
}

/** The schema's own spelling of a key: Traefik takes `entrypoints` for `entryPoints`. */
export function knownSpelling(written: string, schema: Schema | undefined): string {
  const properties = schema?.properties;
  if (properties === undefined || Object.hasOwn(properties, written)) return written;
  const lower = written.toLowerCase();
  return Object.keys(properties).find((key) => key.toLowerCase() === lower) ?? written;
}

/** A key with nothing after it: an empty section or list where one belongs. */
export function emptyValue(schema: Schema | undefined): unknown {
  if (schema?.type === 'object') return {};
  return schema?.type === 'array' ? [] : null;
}

export function scalarValue(node: Scalar, schema: Schema | undefined): unknown {
  const { value } = node;
  const type = schema?.type;
  if (value === null) return emptyValue(schema);
  if (value === true && schema?.allowEmpty === true) return {};
  const choice =
    typeof value === 'string' && schema?.enum?.find((one) => one.toLowerCase() === value.toLowerCase());
  if (choice) return choice;
  if (type === 'string' && typeof value !== 'string') return node.source ?? String(value);
  if (type === 'integer' && typeof value === 'string' && /^[-+]?\d{1,15}$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}
