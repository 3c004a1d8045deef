/** Every way a request can be refused or fail: one table of codes, with status, side and whether a retry may help. */

/** `policy`: nothing is wrong with the request, but the operator's rules say no; the connection stays. */
export type ErrorSide = 'client' | 'policy' | 'gateway' | 'endpoint';

interface ErrorKind {
  readonly status: number;
  readonly side: ErrorSide;
  readonly title: string;
}

/** Codes are stable: they stand in problem bodies, logs and metrics, and are never reused for another meaning. */
const kinds = {
  'request.malformed': { status: 400, side: 'client', title: 'malformed request' },
  'request.head-timeout': { status: 408, side: 'client', title: 'request head took too long' },
  'request.body-timeout': { status: 408, side: 'client', title: 'request body stalled' },
  'request.body-too-large': { status: 413, side: 'client', title: 'request body too large' },
  'request.target-too-long': { status: 414, side: 'client', title: 'request target too long' },
  'request.misdirected': { status: 421, side: 'client', title: 'misdirected request' },
  'request.head-too-large': { status: 431, side: 'client', title: 'request head too large' },
  'request.method-refused': { status: 405, side: 'client', title: 'method not allowed' },
  'request.expectation': { status: 417, side: 'client', title: 'expectation failed' },
  'request.transfer-coding': { status: 501, side: 'client', title: 'transfer coding not implemented' },
  'request.version': { status: 505, side: 'client', title: 'HTTP version not supported' },
  'uplink.forbidden': { status: 403, side: 'client', title: 'not an identity this uplink accepts' },
  'client.protocol-error': { status: 400, side: 'client', title: 'HTTP/2 protocol error' },
  'client.abuse': { status: 429, side: 'client', title: 'more of the same than is allowed' },
  'client.not-allowed': { status: 403, side: 'policy', title: 'address not allowed' },
  'client.rate-limited': { status: 429, side: 'policy', title: 'too many requests' },
  'client.too-many-in-flight': { status: 429, side: 'policy', title: 'too many requests at once' },
  'client.stalled': { status: 408, side: 'client', title: 'client did not take its response' },
  'client.gone': { status: 499, side: 'client', title: 'client closed the connection' },
  'client.unauthorized': { status: 401, side: 'policy', title: 'user name and password wanted' },
  'client.checks-waiting': { status: 429, side: 'policy', title: 'too many passwords to check' },
  'auth.body-too-large': { status: 401, side: 'policy', title: 'request body too large to be authenticated' },
  'auth.answer-too-large': {
    status: 401,
    side: 'gateway',
    title: 'answer of the authentication server too large',
  },
  'auth.unavailable': { status: 500, side: 'gateway', title: 'authentication server did not answer' },
  'client.host-refused': { status: 403, side: 'policy', title: 'host not served here' },
  'request.path-refused': { status: 400, side: 'policy', title: 'path not allowed' },
  'route.none': { status: 404, side: 'gateway', title: 'no router matches' },
  'uplink.unknown': { status: 404, side: 'gateway', title: 'unknown uplink' },
  'uplink.header-missing': { status: 400, side: 'client', title: 'uplink header missing' },
  'service.unavailable': { status: 503, side: 'gateway', title: 'service disabled' },
  'service.no-endpoint': { status: 503, side: 'gateway', title: 'no available endpoint' },
  'request.deadline': { status: 504, side: 'gateway', title: 'deadline exceeded' },
  'service.circuit-open': { status: 503, side: 'gateway', title: 'circuit breaker open' },
  'limits.unavailable': { status: 503, side: 'gateway', title: 'limits cannot be checked' },
  'gateway.draining': { status: 503, side: 'gateway', title: 'gateway is going away' },
  'gateway.internal': { status: 500, side: 'gateway', title: 'internal error' },
  'endpoint.dial': { status: 502, side: 'endpoint', title: 'endpoint refused the connection' },
  'endpoint.dial-timeout': { status: 504, side: 'endpoint', title: 'endpoint did not accept in time' },
  'endpoint.tls': { status: 502, side: 'endpoint', title: 'endpoint failed the TLS handshake' },
  'endpoint.closed': { status: 502, side: 'endpoint', title: 'endpoint closed before it answered' },
  'endpoint.malformed': { status: 502, side: 'endpoint', title: 'endpoint sent a malformed response' },
  'endpoint.head-timeout': { status: 504, side: 'endpoint', title: 'endpoint did not answer in time' },
  'endpoint.broke-off': { status: 502, side: 'endpoint', title: 'endpoint broke off its response' },
  'endpoint.body-too-large': { status: 500, side: 'endpoint', title: 'response body too large' },
  'endpoint.down': { status: 502, side: 'endpoint', title: 'endpoint went down' },
} as const satisfies Record<string, ErrorKind>;

export type GatewayErrorCode = keyof typeof kinds;

/** Whether `text`, of a gateway that may be newer, is a code known here. */
export function isErrorCode(text: string): text is GatewayErrorCode {
  return Object.hasOwn(kinds, text);
}

/** What is known of `code`: its HTTP status, whose fault it is, and a title for people. */
export function errorKind(code: GatewayErrorCode): ErrorKind {
  return kinds[code];
}

/** A refusal or failure of one request. Made only when something goes wrong, never on the fast path. */
export class GatewayError {
  readonly code: GatewayErrorCode;
  /** For the operator's log and, when the client is at fault, for the client. Never holds header values. */
  readonly detail: string;

  constructor(code: GatewayErrorCode, detail = '') {
    this.code = code;
    this.detail = detail;
  }
}
