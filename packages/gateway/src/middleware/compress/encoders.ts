/** The encoders of node:zlib, with windows that a gateway of many streams can afford. */
import type { Transform } from 'node:stream';
import type { Encoding } from '../../model/middleware/compress.ts';

/** One body's encoder. `flush` makes all that was written readable at the other end. */
export interface Encoder extends Transform {
  flush(kind: number, callback?: () => void): void;
}

export interface EncoderKind {
  /** `length`: of the whole body, or -1. */
  make(length: number): Encoder;
  /** What `Encoder.flush` is given. */
  readonly flushKind: number;
}

/** 256 KiB: larger ones save little on what servers send, and cost megabytes a stream. */
const windowLog = 18;

/** Loads node:zlib, which takes memory that only a configuration with `compress` shall cost. */
export function encoderKinds(encodings: readonly Encoding[]): ReadonlyMap<Encoding, EncoderKind> {
  const zlib = process.getBuiltinModule('node:zlib');
  const { constants } = zlib;
  const kinds: Readonly<Record<Encoding, EncoderKind>> = {
    gzip: { make: () => zlib.createGzip(), flushKind: constants.Z_SYNC_FLUSH },
    br: {
      make: (length) =>
        zlib.createBrotliCompress({
          params: {
            // Node's own default, 11, is for files that are compressed once.
            [constants.BROTLI_PARAM_QUALITY]: 5,
            [constants.BROTLI_PARAM_LGWIN]: windowLog,
            ...(length > 0 && length < 0x4000_0000 ? { [constants.BROTLI_PARAM_SIZE_HINT]: length } : {}),
          },
        }),
      flushKind: constants.BROTLI_OPERATION_FLUSH,
    },
    zstd: {
      make: () =>
        zlib.createZstdCompress({
          params: {
            [constants.ZSTD_c_compressionLevel]: 3,
            [constants.ZSTD_c_windowLog]: windowLog,
          },
        }),
      flushKind: constants.ZSTD_e_flush,
    },
  };
  return new Map(encodings.map((encoding) => [encoding, kinds[encoding]]));
}
