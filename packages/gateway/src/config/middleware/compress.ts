/** Schema of `compress`. */
import { integer, list, object, oneOf, optional, type Static, string } from '@ficus/common/config/schema.ts';

const encodings = ['gzip', 'br', 'zstd'] as const;

export const compressSchema = object(
  'Compresses responses for clients that accept it.',
  {
    encodings: optional(
      list(
        'Encodings, the first preferred where the client has no preference. Default: `gzip`, `br`, `zstd`.',
        oneOf('An encoding.', encodings),
        { minItems: 1 },
      ),
    ),
    defaultEncoding: optional(
      oneOf(
        'For clients that do not say what they accept, and for `*`. Default: such clients get no encoding, and `*` the first.',
        encodings,
      ),
    ),
    minResponseBodyBytes: optional(
      integer('Smaller bodies are left alone. Default: 1024; 0 is the default too.', {
        minimum: 0,
        maximum: 1_048_576,
      }),
    ),
    excludedContentTypes: optional(
      list(
        'Media types that are left alone, of requests and of responses. `application/grpc` always is.',
        string('A media type such as `text/event-stream`.', { minLength: 1 }),
      ),
    ),
    includedContentTypes: optional(
      list(
        'The only media types that are compressed. Default: all that are not excluded.',
        string('A media type such as `application/json`.', { minLength: 1 }),
      ),
    ),
  },
  { allowEmpty: true },
);
export type CompressConfig = Static<typeof compressSchema>;
