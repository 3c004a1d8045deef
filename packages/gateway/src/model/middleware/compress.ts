/** `compress` as the data plane is told of it. */
import type { CompressConfig } from '../../config/middleware/compress.ts';
import { parseMediaType } from '../../http/media-type.ts';
import type { QName } from '../model.ts';

/** Content codings, as `Content-Encoding` names them. */
export type Encoding = 'gzip' | 'br' | 'zstd';

export interface CompressModel {
  readonly kind: 'compress';
  readonly name: QName;
  /** At least one, each once; the first is preferred. */
  readonly encodings: readonly Encoding[];
  /** Absent: clients that say nothing get no encoding. */
  readonly defaultEncoding?: Encoding;
  readonly minBodyBytes: number;
  /** Media types as written. */
  readonly excluded: readonly string[];
  /** Empty: every type that is not excluded. */
  readonly included: readonly string[];
}

export function resolveCompress(name: QName, config: CompressConfig): CompressModel | string {
  const { excludedContentTypes: excluded = [], includedContentTypes: included = [] } = config;
  if (excluded.length > 0 && included.length > 0)
    return 'includedContentTypes: want either excludedContentTypes or includedContentTypes, got both';
  const mistake = badType('excludedContentTypes', excluded) ?? badType('includedContentTypes', included);
  if (mistake !== undefined) return mistake;
  const encodings = [...new Set(config.encodings ?? (['gzip', 'br', 'zstd'] as const))];
  const { defaultEncoding } = config;
  if (defaultEncoding !== undefined && !encodings.includes(defaultEncoding))
    return `defaultEncoding: want one of the encodings (${encodings.join(', ')}), got "${defaultEncoding}"`;
  return {
    kind: 'compress',
    name,
    encodings,
    ...(defaultEncoding && { defaultEncoding }),
    minBodyBytes: config.minResponseBodyBytes || 1024,
    excluded,
    included,
  };
}

function badType(key: string, types: readonly string[]): string | undefined {
  const index = types.findIndex((type) => parseMediaType(type) === undefined);
  if (index < 0) return undefined;
  return `${key}[${index}]: want a media type such as text/html or application/json, got ${JSON.stringify(types[index])}`;
}
