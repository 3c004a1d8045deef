/** Trailer fields that may be passed on: never anything that frames, routes, authorises or connects (RFC 9110 §6.5.1). */
import { type Headers, stride } from './headers.ts';

const forbidden = new Set([
  'transfer-encoding',
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'authorization',
  'proxy-authorization',
  'proxy-authenticate',
  'www-authenticate',
  'cookie',
  'set-cookie',
  'cache-control',
  'expect',
  'max-forwards',
  'pragma',
  'range',
  'age',
  'expires',
  'date',
  'location',
  'retry-after',
  'vary',
  'warning',
  'forwarded',
  'ficus-uplink',
]);

/** The passable part of `trailers`, or undefined when nothing is left. */
export function passableTrailers(trailers: Headers | undefined): Headers | undefined {
  if (trailers === undefined) return undefined;
  const kept: Headers = [];
  for (let i = 0; i < trailers.length; i += stride) {
    const name = (trailers[i] as string).replaceAll('_', '-');
    if (forbidden.has(name) || name.startsWith('x-forwarded-') || name === 'x-real-ip') continue;
    kept.push(trailers[i] as string, trailers[i + 1] as string, trailers[i + 2] as string);
  }
  return kept.length === 0 ? undefined : kept;
}
