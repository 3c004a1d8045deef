/** `encodedCharacters`: refuses paths that hold certain escapes. */
import { type RefusedEscapes, refusedEscape, refusedEscapes } from '../http/encoded-characters.ts';
import type { RequestHead } from '../http/message.ts';
import type { EncodedCharactersModel } from '../model/middleware/paths.ts';
import type { Middleware, Refusal } from './middleware.ts';

export function encodedCharacters(model: EncodedCharactersModel): Middleware {
  const refused = refusedEscapes(model.refused);
  return refused === undefined ? {} : new EncodedCharacters(refused);
}

class EncodedCharacters implements Middleware {
  readonly #refused: RefusedEscapes;

  constructor(refused: RefusedEscapes) {
    this.#refused = refused;
  }

  request(head: RequestHead): Refusal | undefined {
    const found = refusedEscape(head.path, this.#refused);
    if (found === undefined) return undefined;
    return { code: 'request.path-refused', detail: `${found} is not allowed in a path here` };
  }
}
