/**
 * The words configuration schemas are written in: plain JSON Schema objects that carry their TypeScript type.
 * The same shapes TypeBox makes, without its run time, which costs a child 15 MiB and a quarter of a second.
 */
import { durationFormat } from './duration.ts';

/** A JSON Schema (draft 2020-12 subset) of values of type `T`, plus our own annotations. */
export interface Schema<out T = unknown> {
  /** Never there at run time; carries the type for `Static`. */
  readonly '~static'?: T;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean' | readonly ['string', 'integer'];
  /** What it means, its unit and its default. docs/configuration.md prints it. */
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  /** One of `formats.ts`. */
  readonly format?: string;
  /** What the keys of a map stand for: `name`, `header` … for the manual. */
  readonly keyName?: string;
  /** What the keys of a map must look like. */
  readonly propertyNames?: { readonly format: string };
  /** Keys (of an object) or values (of an enum) that Traefik knows and Ficus does not support yet. */
  readonly notYet?: readonly string[];
  /** What to write in place of some of these keys. */
  readonly instead?: Readonly<Record<string, string>>;
  /** Keys that are right in another file, each with where and why. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** Keys that Traefik has dropped, each with what to write in its place. */
  readonly removed?: Readonly<Record<string, string>>;
  /** Never shown in a message, not even when it is of the wrong type. */
  readonly secret?: boolean;
  /** `true` stands for `{}` here, as Traefik allows for `tls: true`. */
  readonly allowEmpty?: boolean;
}

/** An optional key of an object. */
export interface Optional<out T = unknown> {
  readonly optional: Schema<T>;
}

/** The TypeScript type of a schema's decoded values. */
export type Static<S> = S extends Schema<infer T> ? T : never;

type Properties = Readonly<Record<string, Schema | Optional>>;
type Flat<T> = { readonly [K in keyof T]: T[K] };
type ObjectOf<P extends Properties> = Flat<
  { [K in keyof P as P[K] extends Optional ? K : never]?: P[K] extends Optional<infer T> ? T : never } & {
    [K in keyof P as P[K] extends Optional ? never : K]: P[K] extends Schema<infer T> ? T : never;
  }
>;

type Notes<K extends keyof Schema> = Pick<Schema, K>;

/** Marks a key of `object` as one that may be left out. */
export function optional<T>(schema: Schema<T>): Optional<T> {
  return { optional: schema };
}

/** An object with these keys and no others. */
export function object<P extends Properties>(
  description: string,
  properties: P,
  options: Notes<'notYet' | 'instead' | 'allowEmpty' | 'removed' | 'elsewhere'> = {},
): Schema<ObjectOf<P>> {
  const required: string[] = [];
  const plain: Record<string, Schema> = {};
  for (const [key, property] of Object.entries(properties)) {
    if ('optional' in property) {
      plain[key] = property.optional as Schema;
    } else {
      required.push(key);
      plain[key] = property as Schema;
    }
  }
  return {
    type: 'object',
    description,
    properties: plain,
    required,
    additionalProperties: false,
    ...options,
  };
}

/** An object whose keys are names a person chose; `keyName` says what they are names of. */
export function named<T>(
  description: string,
  keyName: string,
  value: Schema<T>,
  options: { readonly keyFormat?: string } = {},
): Schema<Readonly<Record<string, T>>> {
  const names = options.keyFormat === undefined ? {} : { propertyNames: { format: options.keyFormat } };
  return { type: 'object', description, keyName, additionalProperties: value as Schema, ...names };
}

export function list<T>(
  description: string,
  items: Schema<T>,
  options: Notes<'minItems' | 'secret'> = {},
): Schema<readonly T[]> {
  return { type: 'array', description, items: items as Schema, ...options };
}

export function string(
  description: string,
  options: Notes<'format' | 'minLength' | 'secret'> = {},
): Schema<string> {
  return { type: 'string', description, ...options };
}

/** One of `values`, written exactly so. */
export function oneOf<const V extends string>(
  description: string,
  values: readonly V[],
  options: Notes<'notYet'> = {},
): Schema<V> {
  return { type: 'string', description, enum: values, ...options };
}

export function integer(description: string, options: Notes<'minimum' | 'maximum'> = {}): Schema<number> {
  return { type: 'integer', description, ...options };
}

export function boolean(description: string): Schema<boolean> {
  return { type: 'boolean', description };
}

/** A Go duration (`"1m30s"`) or a whole number of seconds; decoded to milliseconds. */
export function duration(description: string): Schema<number> {
  return { type: ['string', 'integer'], description, format: durationFormat, minimum: 0 };
}
