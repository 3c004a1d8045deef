/** The values of matchers, checked and put into the form that comparing needs. Each throws a RuleMistake. */
import { parseCidr } from '../net/cidr.ts';
import { goRegexpMistake } from './go-regexp.ts';
import { RuleMistake } from './scan-rule.ts';

/** One string of a rule. */
export interface Argument {
  readonly text: string;
  /** Index in the rule of the quote it begins with. */
  readonly offset: number;
  /** In back-ticks: what stands in the rule is the text itself. */
  readonly raw: boolean;
}

export function hostValue({ text, offset }: Argument): string {
  if (text === '*') return text;
  let host = text.toLowerCase();
  if (host.startsWith('[') && host.endsWith(']')) host = host.slice(1, -1);
  // A fully qualified name means the same with and without its dot.
  if (host.endsWith('.') && host.length > 1) host = host.slice(0, -1);
  const valid = hostName.test(host) || (host.includes(':') && isAddress(host));
  if (!valid || host.length > 255) {
    throw new RuleMistake(offset, 'want a host name in ASCII without port, "*.example.com" or "*"');
  }
  return host;
}

const hostName = /^(?:\*\.)?[0-9a-z_~-]+(?:\.[0-9a-z_~-]+)*$/;

function isAddress(text: string): boolean {
  return !text.includes('/') && parseCidr(text) !== undefined;
}

export function pathValue({ text, offset }: Argument): string {
  if (!text.startsWith('/')) throw new RuleMistake(offset, 'want a path that starts with "/"');
  return text;
}

export function methodValue({ text, offset }: Argument): string {
  if (!token.test(text)) throw new RuleMistake(offset, 'want a method');
  return text.toUpperCase();
}

export function headerName({ text, offset }: Argument): string {
  if (!token.test(text)) throw new RuleMistake(offset, 'want a header name');
  return text.toLowerCase();
}

export function cidrValue({ text, offset }: Argument): string {
  if (parseCidr(text) === undefined)
    throw new RuleMistake(offset, 'want an IP address or a CIDR like 10.0.0.0/8');
  return text;
}

/** `ascii`: hosts are, so an expression with anything else can only be a mistake. */
export function regexpValue({ text, offset, raw }: Argument, letters?: 'ascii'): string {
  const mistake = goRegexpMistake(text);
  // With escapes in the string nobody knows where in the rule the expression's characters are.
  if (mistake !== undefined) {
    throw new RuleMistake(
      raw ? offset + 1 + mistake.offset : offset,
      `bad regular expression: ${mistake.message}`,
    );
  }
  const foreign = letters === 'ascii' ? /[^\0-\x7f]/.exec(text) : null;
  if (foreign !== null) {
    throw new RuleMistake(
      raw ? offset + 1 + foreign.index : offset,
      'want ASCII: hosts have no other letters',
    );
  }
  return text;
}

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
