/** What an entrypoint asks of connections and requests before anything is routed. Each absent where nothing is asked. */

/** Who may announce a client with a PROXY header. */
export interface ProxyProtocolModel {
  /** Everyone is believed. */
  readonly insecure: boolean;
  /** Peers that are believed: IPs and CIDRs. What others announce is read and forgotten. */
  readonly trustedIPs: readonly string[];
}

/** When a connection is ended in order though it could go on. 0 turns one off. */
export interface KeepAliveModel {
  /** The answer to so many requests says goodbye (`Connection: close`, GOAWAY). */
  readonly maxRequests: number;
  /** Milliseconds since the connection was accepted; the next answer then says goodbye. */
  readonly maxTimeMs: number;
}

/** What is done with a request's path, query and fields before it is routed. */
export interface RequestRules {
  /** Empty segments of the path stay, and dot segments are refused instead of resolved (`sanitizePath: false`). */
  readonly keepEmptySegments: boolean;
  /** Escapes that a path may not hold, as two upper-case digits: `2F`, `5C`, `3B` … */
  readonly refusedEscapes: readonly string[];
  /** `separate`: a raw semicolon of the query separates as `&` does, and becomes one. `encode`: it becomes `%3B`. */
  readonly querySemicolons: 'separate' | 'encode';
  /** Fields with `_` in their names. */
  readonly underscoreHeaders: 'keep' | 'delete' | 'reject';
}

/** How forwarded fields are written, beyond whom they are believed from. */
export interface ForwardingModel {
  /** Lower-case names of fields that middlewares see though `Connection` names them; endpoints don't. */
  readonly connection: readonly string[];
  /** The peer is not added to X-Forwarded-For. */
  readonly notAppendXForwardedFor: boolean;
}

export const defaultRequestRules: RequestRules = {
  keepEmptySegments: false,
  refusedEscapes: [],
  querySemicolons: 'separate',
  underscoreHeaders: 'keep',
};
