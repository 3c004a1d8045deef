/** Reads what an advertisement says of a child's providers. */
import { isPlain } from '../plain-text.ts';
import { found, isRecord, Refusal, wholeNumber } from './fields.ts';
import { type ProviderCondition, type ProviderState, providerStateLimits } from './provider-state.ts';

const code = 'advertisement.provider';
const { name: longestName, text: longestText } = providerStateLimits;
/** Of a time in milliseconds: the last that a `Date` can hold. */
const lastTime = 8.64e15;

/** Decodes one element of `providers`; throws a `Refusal` that says which field. */
export function decodeProvider(item: unknown): ProviderState {
  if (!isRecord(item)) throw new Refusal(code, `want an object, found ${found(item)}`);
  const { state, lastGoodAt, error, conditions = [] } = item;
  if (state !== 'starting' && state !== 'ok' && state !== 'failing')
    throw new Refusal(code, `state: want "starting", "ok" or "failing", found ${found(state)}`);
  if (!Array.isArray(conditions) || conditions.length > providerStateLimits.conditions) {
    throw new Refusal(
      code,
      `conditions: want at most ${providerStateLimits.conditions}, found ${found(conditions)}`,
    );
  }
  return {
    name: nameOf(item),
    endpoint: text(item, 'endpoint', longestText),
    state,
    ...(lastGoodAt === undefined ? {} : { lastGoodAt: number(item, 'lastGoodAt', lastTime) }),
    ...(error === undefined ? {} : { error: decodeError(error) }),
    services: number(item, 'services', 1_000_000),
    machines: number(item, 'machines', 1_000_000),
    ...(item['seen'] === undefined ? {} : { seen: number(item, 'seen', 1_000_000) }),
    conditions: conditions.flatMap(conditionIfGood),
  };
}

function decodeError(value: unknown): NonNullable<ProviderState['error']> {
  if (!isRecord(value)) throw new Refusal(code, `error: want an object, found ${found(value)}`);
  return {
    code: text(value, 'code', longestName),
    message: text(value, 'message', longestText),
    ...(value['remedy'] === undefined ? {} : { remedy: text(value, 'remedy', longestText) }),
    since: number(value, 'since', lastTime),
  };
}

/** A provider's name is a label of metrics: what a child may say there is bounded. */
function nameOf({ name }: Record<string, unknown>): string {
  if (typeof name === 'string' && /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(name)) return name;
  throw new Refusal(code, `name: want letters, digits and "-", at most 64, found ${found(name)}`);
}

/** One that can't be read is left out: the others are to be mended all the same. */
function conditionIfGood(value: unknown): readonly ProviderCondition[] {
  try {
    return [decodeCondition(value)];
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

function decodeCondition(value: unknown): ProviderCondition {
  if (!isRecord(value)) throw new Refusal(code, `condition: want an object, found ${found(value)}`);
  return {
    code: text(value, 'code', longestName),
    subject: text(value, 'subject', longestName),
    message: text(value, 'message', longestText),
  };
}

function number(record: Record<string, unknown>, field: string, most: number): number {
  return wholeNumber(record[field], field, 0, most, code);
}

/** For people's eyes, in any script; nothing that moves a terminal's cursor or turns its text round. */
function text(record: Record<string, unknown>, field: string, most: number): string {
  const value = record[field];
  if (typeof value === 'string' && value.length > 0 && value.length <= most && isPlain(value)) return value;
  throw new Refusal(
    code,
    `${field}: want 1 to ${most} characters and no control characters, found ${found(value)}`,
  );
}
