/** `grpcWeb` as the data plane is told of it. */
import type { GrpcWebConfig } from '../../config/middleware/grpc-web.ts';
import type { QName } from '../model.ts';

export interface GrpcWebModel {
  readonly kind: 'grpcWeb';
  readonly name: QName;
  /** As browsers write them, or `*`. */
  readonly origins: readonly string[];
}

export function resolveGrpcWeb(name: QName, { allowOrigins = [] }: GrpcWebConfig): GrpcWebModel | string {
  const bad = allowOrigins.findIndex((origin) => origin !== '*' && !isOrigin(origin));
  if (bad >= 0)
    return `allowOrigins[${bad}]: want "*" or an origin such as https://app.example, in lower case and without a path, got ${JSON.stringify(allowOrigins[bad])}`;
  return { kind: 'grpcWeb', name, origins: allowOrigins };
}

/** Browsers compare it letter by letter (RFC 6454 §6.2), so that it must be written as they do. */
function isOrigin(text: string): boolean {
  return (
    text === 'null' || /^[a-z][a-z0-9+.-]*:\/\/(?:[^\s/?#@[\]A-Z:]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/.test(text)
  );
}
