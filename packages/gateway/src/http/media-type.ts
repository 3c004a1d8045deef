/** Media types as `Content-Type` has them (RFC 9110 §8.3.1). */

export interface MediaType {
  /** Lower-case, such as `text/html`. */
  readonly type: string;
  /** By lower-case name. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Longest field looked at. */
const mostCharacters = 1024;
const essence = /^[\t ]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)[\t ]*/;
/** Sticky: one parameter with the semicolon before it. */
const parameter =
  /;[\t ]*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[^"\\]|\\.)*)"))?[\t ]*/y;

/** Undefined when `text` is none. */
export function parseMediaType(text: string): MediaType | undefined {
  if (text.length > mostCharacters) return undefined;
  const found = essence.exec(text);
  if (found === null) return undefined;
  const parameters = new Map<string, string>();
  parameter.lastIndex = found[0].length;
  while (parameter.lastIndex < text.length) {
    const next = parameter.exec(text);
    if (next === null) return undefined;
    const [, name, token, quoted] = next;
    if (name !== undefined) parameters.set(name.toLowerCase(), token ?? unquoted(quoted as string));
  }
  return { type: (found[1] as string).toLowerCase(), parameters };
}

/** Whether `type` is what `pattern` says: the same type and, if the pattern has any, exactly its parameters. */
export function fitsMediaType(pattern: MediaType, { type, parameters }: MediaType): boolean {
  if (pattern.type !== type) return false;
  if (pattern.parameters.size === 0) return true;
  if (pattern.parameters.size !== parameters.size) return false;
  for (const [name, value] of pattern.parameters) if (parameters.get(name) !== value) return false;
  return true;
}

function unquoted(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}
