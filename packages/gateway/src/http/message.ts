/** The heads of requests and responses as the request path sees them, whatever wire they came over. */
import type { Headers } from './headers.ts';

/** Mutable on purpose: middlewares rewrite it in place, one object per request. */
export interface RequestHead {
  method: string;
  /** Canonical path, starts with `/` (or is `*` for OPTIONS): what is routed on, authorised on and forwarded. */
  path: string;
  /** Without `?`; undefined when the target had none (`/a?` has an empty one). */
  query: string | undefined;
  /** Host and port as the client sent them, validated. `''` only for HTTP/1.0 without Host. */
  authority: string;
  /** Lower-case host without port, brackets or trailing dot; what `Host()` compares. */
  host: string;
  headers: Headers;
  /** The peer's IP address, IPv4-mapped IPv6 written as IPv4. */
  clientAddress: string;
  /** Came over TLS. */
  secure: boolean;
  /** Lower-case names of fields that middlewares see and endpoints don't; left out where there are none. */
  endsHere?: ReadonlySet<string>;
  /** True: the path keeps its empty segments (`sanitizePath: false`), and whoever rewrites it keeps them too. */
  keepsEmptySegments?: boolean;
  /** Whether an address in X-Forwarded-For is that of a trusted proxy; left out where the peer itself is not trusted. */
  trusts?: (address: string) => boolean;
}

/** Stands where a head could not be read, so that its refusal goes the way of any other response. */
export const unreadableRequest: RequestHead = {
  method: '',
  path: '',
  query: undefined,
  authority: '',
  host: '',
  headers: [],
  clientAddress: '',
  secure: false,
};

export interface ResponseHead {
  status: number;
  /** Reason phrase; '' lets the codec write the standard one. */
  reason: string;
  headers: Headers;
}
