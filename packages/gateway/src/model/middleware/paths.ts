/** The middlewares that rewrite paths, as the data plane is told of them. */
import type { EncodedCharactersConfig } from '../../config/middleware/encoded-characters.ts';
import type { ReplacePathConfig, ReplacePathRegexConfig } from '../../config/middleware/replace-path.ts';
import type { StripPrefixRegexConfig } from '../../config/middleware/strip-prefix.ts';
import { canonicalPath } from '../../http/path.ts';
import { pathLiteral } from '../../http/path-literal.ts';
import { checkGoRegexp } from '../../rules/go-regexp.ts';
import { parseReplacement } from '../../rules/go-replacement.ts';
import type { QName } from '../model.ts';

export interface StripPrefixRegexModel {
  readonly kind: 'stripPrefixRegex';
  readonly name: QName;
  readonly regex: readonly string[];
}

export interface ReplacePathModel {
  readonly kind: 'replacePath';
  readonly name: QName;
  /** Canonical. */
  readonly path: string;
}

export interface ReplacePathRegexModel {
  readonly kind: 'replacePathRegex';
  readonly name: QName;
  readonly regex: string;
  /** As Go expands it; its own text is encoded as in canonical paths. */
  readonly replacement: string;
}

export interface EncodedCharactersModel {
  readonly kind: 'encodedCharacters';
  readonly name: QName;
  /** Two hexadecimal digits each, as `2F`. */
  readonly refused: readonly string[];
}

export function resolveStripPrefixRegex(
  name: QName,
  config: StripPrefixRegexConfig,
): StripPrefixRegexModel | string {
  const regex = config.regex.map((each) => each.trim());
  for (const [position, each] of regex.entries()) {
    const mistake = checkGoRegexp(each);
    if (mistake !== undefined) return `regex[${position}]: ${mistake}`;
  }
  return { kind: 'stripPrefixRegex', name, regex };
}

export function resolveReplacePath(name: QName, config: ReplacePathConfig): ReplacePathModel | string {
  const written = config.path.startsWith('/') ? config.path : `/${config.path}`;
  const path = canonicalPath(pathLiteral(written));
  if (path === undefined) {
    return `path: no request may have the path ${JSON.stringify(config.path)}: it hides a dot segment or a zero byte`;
  }
  return { kind: 'replacePath', name, path };
}

export function resolveReplacePathRegex(
  name: QName,
  config: ReplacePathRegexConfig,
): ReplacePathRegexModel | string {
  const regex = config.regex.trim();
  const mistake = checkGoRegexp(regex);
  if (mistake !== undefined) return `regex: ${mistake}`;
  let replacement = '';
  for (const part of parseReplacement(config.replacement.trim())) {
    if (typeof part !== 'string') {
      replacement += `\${${'group' in part ? part.group : part.name}}`;
      continue;
    }
    if (part.includes('?') || part.includes('#')) {
      return 'replacement: a path holds no "?" and no "#": the query stays as it is';
    }
    replacement += pathLiteral(part).replaceAll('$', '$$$$');
  }
  return { kind: 'replacePathRegex', name, regex, replacement };
}

export function resolveEncodedCharacters(
  name: QName,
  config: EncodedCharactersConfig,
): EncodedCharactersModel {
  const all: readonly (readonly [string, boolean | undefined])[] = [
    ['2F', config.allowEncodedSlash],
    ['5C', config.allowEncodedBackSlash],
    ['3B', config.allowEncodedSemicolon],
    ['25', config.allowEncodedPercent],
    ['3F', config.allowEncodedQuestionMark],
    ['23', config.allowEncodedHash],
  ];
  const refused = all.filter(([, allowed]) => allowed !== true).map(([digits]) => digits);
  return { kind: 'encodedCharacters', name, refused };
}
