/** Checks of single fields of outside JSON, with messages that name what was found and stay short. */

/** A field or document that is not accepted. Internal to the decoders: it never leaves `decodeAdvertisement`. */
export class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `value` for a message: its JSON, at most 60 characters of it; structures only by their kind. */
export function found(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isRecord(value)) return 'an object';
  // Cut first: quoting a megabyte to show sixty characters of it would be work an advertiser can order.
  if (typeof value === 'string' && value.length > 60) return `${JSON.stringify(value.slice(0, 60))}…`;
  return JSON.stringify(value);
}

/** A whole number between `min` and `max`, else a refusal with `code`. */
export function wholeNumber(
  value: unknown,
  field: string,
  min: number,
  max: number,
  code = 'advertisement.field',
): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max)
    return value + 0;
  throw new Refusal(code, `${field}: want a whole number from ${min} to ${max}, found ${found(value)}`);
}

/** 1 to `max` printable ASCII characters. */
export function plainText(value: unknown, field: string, max: number, code = 'advertisement.field'): string {
  if (typeof value === 'string' && value.length <= max && /^[\x20-\x7e]+$/.test(value)) return value;
  throw new Refusal(code, `${field}: want 1 to ${max} printable characters, found ${found(value)}`);
}
