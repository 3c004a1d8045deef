/** What the gateway does with a request field because of its name alone. Told apart by length first: one switch a field. */

/** An ordinary field: passes, and `Connection` may name it away. */
export const KEEP = 0;
/** Hop-by-hop, or written by the codec itself (host, framing), or an alias of a managed field: never passes. */
export const DROP = 1;
export const CONNECTION = 2;
/** Passes only as `trailers`. */
export const TE = 3;
/** Passes, and `Connection` cannot name it away: what it says must reach whoever it is for. */
export const PROTECTED = 4;
/** Says who the client is: passes only from trusted peers, and cannot be named away. */
export const IDENTITY = 5;
/** As IDENTITY, and set by the gateway on each request. */
export const FORWARDED_FOR = 6;
export const FORWARDED_HOST = 7;
export const FORWARDED_PROTO = 8;
export const FORWARDED_PORT = 9;
export const FORWARDED_SERVER = 10;
export const REAL_IP = 11;

/** One of the numbers above for a lower-case name. */
export function classify(name: string): number {
  const length = name.length;
  switch (length) {
    case 2:
      return name === 'te' ? TE : KEEP;
    case 4:
      return name === 'host' ? DROP : KEEP;
    case 6:
      return name === 'expect' || name === 'cookie' ? PROTECTED : KEEP;
    case 7:
      return name === 'upgrade' ? DROP : name === 'trailer' || name === 'baggage' ? PROTECTED : KEEP;
    case 8:
      return alias(name, 'x-scheme', IDENTITY);
    case 9:
      return name === 'forwarded' ? IDENTITY : alias(name, 'x-real-ip', REAL_IP);
    case 10:
      if (name === 'connection') return CONNECTION;
      if (name === 'tracestate') return PROTECTED;
      return alias(name, 'keep-alive', DROP);
    case 11:
      return name === 'traceparent' ? PROTECTED : ficus(name);
    case 12:
      return alias(name, 'x-request-id', PROTECTED) || ficus(name);
    case 13:
      return name === 'authorization' ? PROTECTED : ficus(name);
    case 14:
      return alias(name, 'content-length', DROP) || alias(name, 'http2-settings', DROP) || ficus(name);
    case 15:
      return alias(name, 'x-forwarded-for', FORWARDED_FOR) || family(name);
    case 16:
      if (name.charCodeAt(0) === X) {
        return (
          alias(name, 'x-forwarded-host', FORWARDED_HOST) ||
          alias(name, 'x-forwarded-port', FORWARDED_PORT) ||
          family(name)
        );
      }
      return alias(name, 'proxy-connection', DROP) || ficus(name);
    case 17:
      if (name.charCodeAt(0) === X) return alias(name, 'x-forwarded-proto', FORWARDED_PROTO) || family(name);
      return alias(name, 'transfer-encoding', DROP) || ficus(name);
    case 18:
      if (name.charCodeAt(0) === X)
        return alias(name, 'x-forwarded-server', FORWARDED_SERVER) || family(name);
      return alias(name, 'proxy-authenticate', DROP) || ficus(name);
    case 19:
      return alias(name, 'proxy-authorization', DROP) || family(name);
    default:
      return length > 6 ? family(name) : KEEP;
  }
}

const X = 0x78;
const F = 0x66;
const DASH = 0x2d;
const UNDERSCORE = 0x5f;

/** `kind` when `name` is `managed`, DROP when it only is so to whoever folds `_` to `-`, else KEEP. */
function alias(name: string, managed: string, kind: number): number {
  if (name === managed) return kind;
  return name.charCodeAt(0) === managed.charCodeAt(0) && foldedStartsWith(name, managed) ? DROP : KEEP;
}

/** Whole families: every `x-forwarded-…` and `ficus-…` says something about the client or the mesh. */
function family(name: string): number {
  const first = name.charCodeAt(0);
  if (first === X) {
    if (name.startsWith('x-forwarded-')) return name.indexOf('_') < 0 ? IDENTITY : DROP;
    return foldedStartsWith(name, 'x-forwarded-') ? DROP : KEEP;
  }
  return first === F ? ficus(name) : KEEP;
}

function ficus(name: string): number {
  if (name.charCodeAt(0) !== F) return KEEP;
  if (name.startsWith('ficus-')) return name.indexOf('_') < 0 ? IDENTITY : DROP;
  return foldedStartsWith(name, 'ficus-') ? DROP : KEEP;
}

function foldedStartsWith(name: string, prefix: string): boolean {
  if (name.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) {
    const code = name.charCodeAt(i);
    if ((code === UNDERSCORE ? DASH : code) !== prefix.charCodeAt(i)) return false;
  }
  return true;
}
