/** A matcher as the rule that parses to it, for people and for logs. */
import type { Matcher } from '../model/model.ts';

/** `parseRule(printRule(matcher))` gives the same matcher. */
export function printRule(matcher: Matcher): string {
  switch (matcher.kind) {
    case 'or':
    case 'and': {
      const operator = matcher.kind === 'or' ? ' || ' : ' && ';
      return matcher.of.map(operand).join(operator);
    }
    case 'not':
      return `!${operand(matcher.of)}`;
    case 'host':
      return `Host(${quote(matcher.host)})`;
    case 'path':
      return `Path(${quote(matcher.path)})`;
    case 'pathPrefix':
      return `PathPrefix(${quote(matcher.path)})`;
    case 'method':
      return `Method(${quote(matcher.method)})`;
    case 'header':
      return `Header(${quote(matcher.name)}, ${quote(matcher.value)})`;
    case 'query':
      return `Query(${quote(matcher.name)}, ${quote(matcher.value)})`;
    case 'hostRegexp':
      return `HostRegexp(${quote(matcher.regexp)})`;
    case 'pathRegexp':
      return `PathRegexp(${quote(matcher.regexp)})`;
    case 'headerRegexp':
      return `HeaderRegexp(${quote(matcher.name)}, ${quote(matcher.regexp)})`;
    case 'queryRegexp':
      return `QueryRegexp(${quote(matcher.name)}, ${quote(matcher.regexp)})`;
    case 'clientIP':
      return `ClientIP(${quote(matcher.cidr)})`;
  }
}

/** Nested lists always get their parentheses: they are what keeps the nesting. */
function operand(matcher: Matcher): string {
  return matcher.kind === 'and' || matcher.kind === 'or' ? `(${printRule(matcher)})` : printRule(matcher);
}

/** Back-ticks, as everyone writes them, unless the text holds one or would break the line. */
function quote(text: string): string {
  if (!/[`\n]/.test(text)) return `\`${text}\``;
  return `"${text.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
