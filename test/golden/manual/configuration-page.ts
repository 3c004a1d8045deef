/** Writes docs/configuration.md from the schemas: the type is the manual. */
import { childSchema } from '@ficus/child/config/child-schema.ts';
import { durationFormat } from '@ficus/common/config/duration.ts';
import type { Schema } from '@ficus/common/config/schema.ts';
import { dynamicSchema } from '@ficus/gateway/config/dynamic.ts';
import { parentSchema } from '@ficus/parent/config/parent-schema.ts';

const intro = `# Configuration

Generated from the schemas by \`npm run docs:config\`; do not edit.

Files are YAML or JSON. As in Traefik, keys are taken in any case, and numbers and booleans with or without quotes.
A duration is Go's (\`10s\`, \`1m30s\`, \`500ms\`) or a whole number of seconds. An unknown key, a wrong type or a name
that leads nowhere is refused with \`file:line:column\`, what was expected and what was found; the running configuration
stays. \`ficus check <files>\` says the same without starting anything. Where Ficus differs from Traefik:
[differences-from-traefik.md](differences-from-traefik.md).

Keys in bold are required. \`<name>\` stands for a name you choose, \`[]\` for each item of a list.
`;

const pages: readonly (readonly [title: string, schema: Schema])[] = [
  ['Parent: `parent.yaml`', parentSchema],
  ['Child: `child.yaml`', childSchema],
  ['Dynamic configuration: `providers.file`', dynamicSchema],
];

/** The whole page. */
export function configurationPage(): string {
  const sections = pages.map(([title, schema]) => {
    const rows = fieldsOf(schema).map(
      ({ path, required, schema: field }) =>
        `| ${required ? `**\`${path}\`**` : `\`${path}\``} | ${typeOf(field)} | ${inCell(field.description ?? '')}${notYet(field)} |`,
    );
    return `## ${title}\n\n${schema.description}${notYet(schema)}\n\n| key | type | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return [intro, ...sections].join('\n');
}

export interface Field {
  readonly path: string;
  readonly required: boolean;
  readonly schema: Schema;
}

/** Every key that a schema knows, depth first, in the order of the schema. */
export function fieldsOf(schema: Schema, path = ''): readonly Field[] {
  const inner: Field[] = [];
  const add = (key: string, required: boolean, field: Schema) => {
    const name = path === '' || key === '[]' ? `${path}${key}` : `${path}.${key}`;
    inner.push({ path: name, required, schema: field }, ...fieldsOf(field, name));
  };
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    add(key, schema.required?.includes(key) ?? false, field);
  }
  if (typeof schema.additionalProperties === 'object')
    add(`<${schema.keyName}>`, false, schema.additionalProperties);
  if (schema.items !== undefined) add('[]', false, schema.items);
  return inner;
}

/** Every schema of the page, for the test of descriptions. */
export function allFields(): readonly Field[] {
  return pages.flatMap(([, schema]) => fieldsOf(schema));
}

function typeOf(schema: Schema): string {
  if (schema.format === durationFormat) return 'duration';
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${one}\``).join(' ');
  if (schema.type === 'array') return 'list';
  if (schema.type === 'object') return schema.keyName === undefined ? 'section' : 'map';
  if (schema.type === 'integer') return `integer${rangeOf(schema)}`;
  return String(schema.type);
}

function rangeOf({ minimum, maximum }: Schema): string {
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? '' : String(maximum);
  const least = minimum === undefined || minimum <= -Number.MAX_SAFE_INTEGER ? '' : String(minimum);
  return least === '' && most === '' ? '' : ` ${least}–${most}`;
}

function notYet({ notYet: names = [] }: Schema): string {
  return names.length === 0 ? '' : ` Not supported yet: ${names.map((name) => `\`${name}\``).join(', ')}.`;
}

function inCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
