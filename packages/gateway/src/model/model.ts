/** The resolved model: complete, no names left to look up, plain JSON so that it crosses to workers. */

import type {
  ForwardingModel,
  KeepAliveModel,
  ProxyProtocolModel,
  RequestRules,
} from './entry-point-rules.ts';
import type { MiddlewareModel } from './middleware/models.ts';
import type { HashKey, ServiceModel, StickyModel } from './service/models.ts';
import type { TlsHostsModel, TlsModel, TlsVersion } from './tls-models.ts';

export type { BrokenModel, LegModel, ServiceModel, WeightedModel } from './service/models.ts';

/** A name and the provider that declared it. A tuple, never one string: `a@b` + `c` must not meet `a` + `b@c`. */
export type QName = readonly [name: string, provider: string];

export interface Model {
  readonly entryPoints: readonly EntryPointModel[];
  /** Highest priority first; ties by name. `RouterModel.middlewares` and `.service` index the arrays below. */
  readonly routers: readonly RouterModel[];
  readonly middlewares: readonly MiddlewareModel[];
  readonly services: readonly ServiceModel[];
  readonly transports: readonly TransportModel[];
  /** Certificates of TLS entrypoints, chosen by SNI: exact before wildcard, of several the first. */
  readonly certificates: readonly CertificateModel[];
  /** Absent: the `default` options of `tls-models.ts` for everybody. */
  readonly tls?: TlsModel;
}

/** Limits and deadlines of the connections of one entrypoint. Milliseconds; 0 turns a deadline off. */
export interface ConnectionLimits {
  /** Bytes of a request head; more is 431. Default 65536. Traefik: `http.maxHeaderBytes`. */
  readonly maxHeaderBytes: number;
  /** Header fields; more is 431. Default 100. */
  readonly maxHeaderCount: number;
  /** From the first byte (or the accept) to a complete head; then 408. Default 10000. */
  readonly headTimeoutMs: number;
  /** Longest pause between two pieces of a request body; then 408. Default 60000. Traefik: `readTimeout` is the whole. */
  readonly bodyStallTimeoutMs: number;
  /** Whole request, head and body. Default 0 (off). Traefik: `transport.respondingTimeouts.readTimeout`. */
  readonly readTimeoutMs: number;
  /** Whole response. Default 0. Traefik: `writeTimeout`. */
  readonly writeTimeoutMs: number;
  /** Idle keep-alive connection. Default 180000. Traefik: `idleTimeout`. */
  readonly idleTimeoutMs: number;
  /** Open connections from one client address; more are closed at once. Default 0 (off). */
  readonly maxConnectionsPerAddress: number;
  /** Request body bytes; more is 413. Default 0 (off). */
  readonly maxRequestBodyBytes: number;
  /** What HTTP/2 adds. */
  readonly http2: Http2Limits;
}

/** Limits of the HTTP/2 connections of one entrypoint. Rates count in any one second; 0 turns one of those that say so off. */
export interface Http2Limits {
  /** Streams a client may have open at once. Default 250 (uplink entrypoints 2000). Traefik: `http2.maxConcurrentStreams`. */
  readonly maxConcurrentStreams: number;
  /** Bytes of a decoded header list (RFC 9113 §6.5.2: name + value + 32 each). Default 65536 (uplink 98304). */
  readonly maxHeaderListBytes: number;
  /** Largest frame payload we accept. 16384 to 16777215. Default 16384 (the least that may be said). */
  readonly maxFrameBytes: number;
  /** CONTINUATION frames of one header block. Default 8. */
  readonly maxContinuationFrames: number;
  /**
   * Streams reset by the client, or because of what it did, in one second; more: GOAWAY ENHANCE_YOUR_CALM.
   * Default 200 (uplink 0). 0: off.
   */
  readonly maxResetsPerSecond: number;
  /** SETTINGS frames of the client in one second; more: GOAWAY ENHANCE_YOUR_CALM. Default 20. */
  readonly maxSettingsPerSecond: number;
  /** PING frames of the client in one second; more: GOAWAY ENHANCE_YOUR_CALM. Default 50. */
  readonly maxPingsPerSecond: number;
  /** DATA frames without data and without END_STREAM, empty HEADERS/CONTINUATION, PRIORITY and unknown frames, in one second. Default 500. */
  readonly maxEmptyFramesPerSecond: number;
  /** HPACK dynamic table we keep for the client's headers, bytes. Default 4096 (uplink 65536). */
  readonly headerTableBytes: number;
  /** Flow-control window of a stream, bytes. 65535 to 2147483647. Default 1048576. */
  readonly streamWindowBytes: number;
  /** Flow-control window of a connection, bytes. 65535 to 2147483647. Default 16777216. */
  readonly connectionWindowBytes: number;
  /** A stream whose window the client leaves at zero for this long while there is something to send is reset. Default 60000. 0: off. */
  readonly stallTimeoutMs: number;
}

export interface EntryPointModel {
  readonly name: string;
  /** `host:port`, `:port`, `[::1]:port`. */
  readonly address: string;
  readonly limits: ConnectionLimits;
  /** Peers whose forwarded headers are kept: CIDRs; `insecure` trusts all. */
  readonly forwardedHeaders: { readonly insecure: boolean; readonly trustedIPs: readonly string[] };
  /** Absent: the peer is appended to X-Forwarded-For, and what `Connection` names goes. */
  readonly forwarding?: ForwardingModel;
  /** Absent: `defaultRequestRules`. */
  readonly requests?: RequestRules;
  /** Absent: connections live for as long as their clients like. */
  readonly keepAlive?: KeepAliveModel;
  /** Present: a connection may begin with a PROXY header. */
  readonly proxyProtocol?: ProxyProtocolModel;
  /** TLS with `Model.certificates` by SNI. Absent: cleartext unless `uplink` is there. */
  readonly tls: boolean;
  /** Beside `tls`: connections that begin without TLS are served too, by the routers without. Default false. */
  readonly clear?: boolean;
  /** Which TLS options which server name gets. Absent: the first of `Model.tls`. */
  readonly tlsHosts?: TlsHostsModel;
  /** Present: this is an uplink entrypoint, TLS 1.3 with client certificates, routed by header. */
  readonly uplink?: UplinkEntryPointModel;
}

export interface UplinkEntryPointModel {
  /** The header that names the route table; removed before routing. */
  readonly header: string;
  /** Certificate chain and key of this node, PEM. */
  readonly certificate: CertificateModel;
  /** Trust bundle: every root, PEM. Never empty. */
  readonly roots: readonly string[];
  /** Exact SPIFFE IDs that may connect. */
  readonly peers: readonly string[];
  /** Exposed name → indexes into `Model.routers`, highest priority first. */
  readonly tables: readonly (readonly [name: string, routers: readonly number[]])[];
}

export interface CertificateModel {
  /** Lower-case DNS names (wildcards as `*.example.com`) this certificate is for. */
  readonly names: readonly string[];
  /** PEM, leaf first. */
  readonly cert: string;
  readonly key: string;
}

export interface RouterModel {
  readonly name: QName;
  /** Names of entrypoints; empty for routers reached only through an uplink table or a parent router. */
  readonly entryPoints: readonly string[];
  /** As written, for people. */
  readonly rule: string;
  readonly matcher: Matcher;
  readonly priority: number;
  /** Matches only requests that came over TLS (Traefik: `tls: {}`), or only cleartext ones. */
  readonly tls: boolean;
  readonly middlewares: readonly number[];
  /** Index into `Model.services`; -1 for a router with `children`. */
  readonly service: number;
  /**
   * Traefik's multi-layer routing: after the middlewares the request, as they left it, goes to the first of these that
   * matches, whatever their `tls` says; none: 404. Indexes into `Model.routers`, highest priority first, never empty and
   * never leading back. A router may be the child of several.
   */
  readonly children?: readonly number[];
}

/** A compiled-to-data rule. Values are already lower-cased where the comparison is case-insensitive. */
export type Matcher =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Matcher[] }
  | { readonly kind: 'not'; readonly of: Matcher }
  /** Lower-case, no port; `*` any; `*.example.com` exactly one label. */
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'path' | 'pathPrefix'; readonly path: string }
  | { readonly kind: 'method'; readonly method: string }
  | { readonly kind: 'header' | 'query'; readonly name: string; readonly value: string }
  /** Go's regular expressions, found anywhere in the host (lower-case, no port) or in the decoded path. */
  | { readonly kind: 'hostRegexp' | 'pathRegexp'; readonly regexp: string }
  /** Found in any value that `name` has. */
  | { readonly kind: 'headerRegexp' | 'queryRegexp'; readonly name: string; readonly regexp: string }
  /** IP or CIDR, IPv4 or IPv6. */
  | { readonly kind: 'clientIP'; readonly cidr: string };

export interface LoadBalancerModel {
  readonly kind: 'loadBalancer';
  readonly name: QName;
  readonly endpoints: readonly EndpointModel[];
  /** Default: `wrr`. */
  readonly strategy?: 'wrr' | 'p2c' | 'hrw' | 'leasttime';
  /** What `hrw` hashes. Default: the client's address. */
  readonly hashOn?: HashKey;
  readonly sticky?: StickyModel;
  readonly passHostHeader: boolean;
  /** Index into `Model.transports`. */
  readonly transport: number;
  /** Set on every request to this service's endpoints, after middlewares; a client cannot name them away. */
  readonly requestHeaders: readonly (readonly [name: string, value: string])[];
  readonly healthCheck?: HealthCheckModel;
  readonly passiveHealthCheck?: PassiveHealthCheckModel;
  /** True for an uplink: the peer is proven to be ours, so a retry on another leg is governed by its parent. */
  readonly uplink: boolean;
}

export interface EndpointModel {
  /** `h2c`: HTTP/2 over cleartext with prior knowledge (RFC 9113 §3.3). `https`: HTTP/2 if ALPN and the transport allow it. */
  readonly scheme: 'http' | 'https' | 'h2c';
  /** Host name or address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path part of the URL without trailing slash, `''` for none. Prepended only with `preservePath`. */
  readonly path: string;
  readonly preservePath: boolean;
  /** ≥ 0; 0 takes nothing. */
  readonly weight: number;
  /** Takes no new requests, only those of sessions that are stuck to it. Default false. */
  readonly fenced?: boolean;
}

export interface HealthCheckModel {
  /** `grpc`: `grpc.health.v1.Health/Check` must answer SERVING; path, method, status and redirects count for nothing. */
  readonly mode: 'http' | 'grpc';
  readonly path: string;
  /** Default: the endpoint's. */
  readonly scheme?: 'http' | 'https' | 'h2c';
  readonly hostname?: string;
  readonly port?: number;
  readonly method: string;
  /** 0: any of 200–399. */
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly intervalMs: number;
  readonly unhealthyIntervalMs: number;
  readonly timeoutMs: number;
  readonly followRedirects: boolean;
  /** Successes in a row that bring an endpoint that is down up again. */
  readonly healthyThreshold: number;
  /** Failures in a row that take one that is up down. */
  readonly unhealthyThreshold: number;
  /** Of an endpoint that was never asked: `down` takes no requests before its first good answer. */
  readonly initialState: 'up' | 'down';
}

/** Judged by real requests, in each process that serves. */
export interface PassiveHealthCheckModel {
  /** Failures count for this long, and a first ejection takes this long. */
  readonly failureWindowMs: number;
  readonly maxFailedAttempts: number;
  /** Time from the end of an ejection to the whole share of requests. */
  readonly readmissionMs: number;
  /** 1 to 100: never more than this part of the endpoints that active checks leave up is ejected, but always one. */
  readonly maxEjectedPercent: number;
}

/** Traefik's `serversTransport`, resolved. PEM contents, not file names. */
export interface TransportModel {
  readonly name: QName;
  readonly serverName: string;
  readonly insecureSkipVerify: boolean;
  /** Empty: the system's roots. */
  readonly roots: readonly string[];
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** For endpoints with TLS 1.3 that cannot do with the key of `certificate`: each of another type of key. */
  readonly otherCertificates?: readonly { readonly cert: string; readonly key: string }[];
  /** Exact SPIFFE ID the peer must show, under the policy of the mesh; then host names are not compared. */
  readonly peerUri?: string;
  /** Names of which the peer's certificate must carry one; then host names are not compared. Never empty. */
  readonly peerNames?: readonly { readonly kind: 'uri' | 'dns'; readonly value: string }[];
  readonly minVersion: TlsVersion;
  /** Default: TLSv1.3. */
  readonly maxVersion?: TlsVersion;
  /** OpenSSL's names, for TLS 1.2 and older. Default: the library's own choice. */
  readonly ciphers?: readonly string[];
  readonly maxIdleConnsPerHost: number;
  readonly dialTimeoutMs: number;
  /** 0: off. */
  readonly responseHeaderTimeoutMs: number;
  readonly idleConnTimeoutMs: number;
  /** Silence on an HTTP/2 connection before it is pinged. Default 0 (off); uplinks 5000. */
  readonly readIdleTimeoutMs: number;
  /** An HTTP/2 connection whose PING has no answer for this long is closed. Default 15000; uplinks 5000. */
  readonly pingTimeoutMs: number;
  readonly disableHTTP2: boolean;
  /** Each connection begins with a PROXY header of this version, serves one request, and speaks HTTP/1.1. */
  readonly proxyProtocol?: 1 | 2;
}
