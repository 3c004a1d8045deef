/** `contentType` as the data plane is told of it. */
import type { ContentTypeConfig } from '../../config/middleware/content-type.ts';
import type { QName } from '../model.ts';

export interface ContentTypeModel {
  readonly kind: 'contentType';
  readonly name: QName;
  readonly autoDetect: boolean;
}

export function resolveContentType(name: QName, config: ContentTypeConfig): ContentTypeModel {
  return { kind: 'contentType', name, autoDetect: config.autoDetect ?? true };
}
