/** Checks decoded values against a schema with Ajv, and turns durations into milliseconds. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { durationFormat, parseDuration } from './duration.ts';
import { formats } from './formats.ts';
import { propertySchema } from './leniency.ts';
import type { Schema } from './schema.ts';

let ajv: Ajv | undefined;
/** Compiling is slow (tens of milliseconds), so each schema is compiled when first used, and once. */
const compiled = new WeakMap<Schema, ValidateFunction>();

/** Every error, with the schema beside it; empty when `value` is valid. */
export function validate(schema: Schema, value: unknown): readonly ErrorObject[] {
  let check = compiled.get(schema);
  if (check === undefined) {
    check = compiler().compile(schema);
    compiled.set(schema, check);
  }
  if (check(value)) return [];
  return check.errors ?? [];
}

function compiler(): Ajv {
  if (ajv === undefined) {
    ajv = new Ajv({ allErrors: true, verbose: true, strict: false, messages: false });
    for (const [name, format] of Object.entries(formats)) {
      ajv.addFormat(name, { type: 'string', validate: format.test });
    }
  }
  return ajv;
}

/** The valid `value` with every duration in milliseconds. */
export function withDurations(schema: Schema | undefined, value: unknown): unknown {
  if (schema?.format === durationFormat) return parseDuration(value as string | number);
  if (Array.isArray(value)) return value.map((item) => withDurations(schema?.items, item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withDurations(propertySchema(schema, key), inner)]),
  );
}
