/** A mistake in a configuration file: where it is, and what was expected and found. */

export interface Position {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

export interface ConfigProblem extends Position {
  /** Where in the document: keys and list indexes from the root. */
  readonly path: readonly (string | number)[];
  /** Lower case, no full stop: what was expected, what was found. */
  readonly message: string;
}

/** `http.services.api.loadBalancer.servers[0].url`; keys with other characters are quoted. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** One line: `parent.yaml:8:16: http.services.api: want …, got …`. */
export function formatProblem(problem: ConfigProblem): string {
  const path = formatPath(problem.path);
  return `${problem.file}:${problem.line}:${problem.column}: ${path === '' ? '' : `${path}: `}${problem.message}`;
}

/** A found value for people: short, on one line, quoted if it is text; what may be a password in a URL is hidden. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value).replace(/\/\/[^/@\s"]+@/g, '//…@');
  return text.length > 80 ? `${text.slice(0, 76)}…"` : text;
}
