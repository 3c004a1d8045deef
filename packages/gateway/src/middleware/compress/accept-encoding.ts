/** Which encoding a client's Accept-Encoding asks for (RFC 9110 §12.5.3), with Traefik's order of preference. */
import { type Headers, stride } from '../../http/headers.ts';
import type { CompressModel, Encoding } from '../../model/middleware/compress.ts';

/** Longest field looked at: a client that says more gets no encoding. */
const mostCharacters = 1024;

const weightOf = /^;[\t ]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i;

/**
 * The encoding, or undefined for none. Of those the client likes best the first of `encodings`; `identity` counts as the
 * last, so that it wins only where the client prefers it, and `*` stands for all that are not named.
 */
export function chooseEncoding(
  headers: Headers,
  { encodings, defaultEncoding }: Pick<CompressModel, 'encodings' | 'defaultEncoding'>,
): Encoding | undefined {
  const field = joined(headers);
  if (field === undefined) return defaultEncoding;
  if (field.length > mostCharacters) return undefined;
  const weights = weightsIn(field);
  const any = weights.get('*') ?? 0;
  const named = (encoding: Encoding) =>
    weights.has(encoding) || (encoding === 'gzip' && weights.has('x-gzip'));
  let best: Encoding | undefined;
  let bestWeight = 0;
  for (const encoding of encodings) {
    const weight = weights.get(encoding) ?? (encoding === 'gzip' ? weights.get('x-gzip') : undefined) ?? any;
    if (weight <= bestWeight) continue;
    best = encoding;
    bestWeight = weight;
  }
  if (best === undefined || (weights.get('identity') ?? 0) > bestWeight) return undefined;
  // Where "*" lets both in, the default goes before the first.
  return defaultEncoding === undefined || named(best) || named(defaultEncoding) ? best : defaultEncoding;
}

/** By lower-case name; what is malformed is left out. */
function weightsIn(field: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const item of field.split(',')) {
    const semicolon = item.indexOf(';');
    const name = (semicolon < 0 ? item : item.slice(0, semicolon)).trim().toLowerCase();
    const weight = semicolon < 0 ? '1' : weightOf.exec(item.slice(semicolon).trim())?.[1];
    if (name !== '' && weight !== undefined) weights.set(name, Number(weight));
  }
  return weights;
}

function joined(headers: Headers): string | undefined {
  let field: string | undefined;
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] !== 'accept-encoding') continue;
    const value = headers[i + 1] as string;
    field = field === undefined ? value : `${field},${value}`;
  }
  return field;
}
