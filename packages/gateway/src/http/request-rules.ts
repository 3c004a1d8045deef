/** What an entrypoint does to every request before it is routed: escapes, semicolons of queries, names with underscores. */
import { defaultRequestRules, type RequestRules } from '../model/entry-point-rules.ts';
import { type RefusedEscapes, refusedEscape, refusedEscapes } from './encoded-characters.ts';
import { type Headers, stride } from './headers.ts';
import { moveField } from './hop-by-hop.ts';
import type { RequestHead } from './message.ts';

export class CompiledRules {
  readonly #escapes: RefusedEscapes | undefined;
  readonly #semicolon: string;
  readonly #underscores: RequestRules['underscoreHeaders'];

  constructor(rules: RequestRules = defaultRequestRules) {
    this.#escapes = refusedEscapes(rules.refusedEscapes);
    this.#semicolon = rules.querySemicolons === 'encode' ? '%3B' : '&';
    this.#underscores = rules.underscoreHeaders;
  }

  /** Changes `request` in place; or says why it is refused as malformed. */
  apply(request: RequestHead): string | undefined {
    const query = request.query;
    // The rules and the endpoint see the same parameters, whichever of the two takes a semicolon for a separator.
    if (query !== undefined && query.indexOf(';') >= 0)
      request.query = query.replaceAll(';', this.#semicolon);
    if (this.#escapes !== undefined) {
      const found = refusedEscape(request.path, this.#escapes);
      if (found !== undefined) return `${found} is not allowed in a path here`;
    }
    if (this.#underscores === 'keep') return undefined;
    const { headers } = request;
    if (this.#underscores === 'delete') deleteUnderscored(headers);
    else if (hasUnderscored(headers)) return 'a header name with "_" is not allowed here';
    return undefined;
  }
}

function hasUnderscored(headers: Headers): boolean {
  for (let i = 0; i < headers.length; i += stride) if ((headers[i] as string).includes('_')) return true;
  return false;
}

function deleteUnderscored(headers: Headers): void {
  let to = 0;
  for (let i = 0; i < headers.length; i += stride) {
    if ((headers[i] as string).includes('_')) continue;
    if (to !== i) moveField(headers, i, to);
    to += stride;
  }
  headers.length = to;
}
