/** `redirectScheme` and `redirectRegex` as the data plane is told of them. */
import type { RedirectRegexConfig, RedirectSchemeConfig } from '../../config/middleware/redirect.ts';
import { checkGoRegexp } from '../../rules/go-regexp.ts';
import type { QName } from '../model.ts';

export interface RedirectSchemeModel {
  readonly kind: 'redirectScheme';
  readonly name: QName;
  readonly scheme: string;
  /** '' for the scheme's own. */
  readonly port: string;
  readonly permanent: boolean;
}

export interface RedirectRegexModel {
  readonly kind: 'redirectRegex';
  readonly name: QName;
  readonly regex: string;
  /** As Go expands it. */
  readonly replacement: string;
  readonly permanent: boolean;
}

export function resolveRedirectScheme(name: QName, config: RedirectSchemeConfig): RedirectSchemeModel {
  const { scheme, port = '', permanent = false } = config;
  return { kind: 'redirectScheme', name, scheme, port, permanent };
}

export function resolveRedirectRegex(name: QName, config: RedirectRegexConfig): RedirectRegexModel | string {
  const { regex, replacement, permanent = false } = config;
  const mistake = checkGoRegexp(regex);
  if (mistake !== undefined) return `regex: ${mistake}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be in a field
  if (/[\x00-\x1f\x7f]/.test(replacement)) {
    return 'replacement: it holds a line break or another control character: write it in one line';
  }
  return { kind: 'redirectRegex', name, regex, replacement, permanent };
}
