/** What the access log remembers of one request until its response is out. Made only while the log is on. */
import type { GatewayErrorCode } from '../http/errors.ts';
import type { QName } from '../model/model.ts';

/** The router a request matched. */
export interface LoggedRoute {
  readonly name: QName;
  readonly service: { readonly name: QName };
}

/** A request's way to an endpoint, read when it is over. */
export interface LoggedForward {
  /** The endpoint of the last attempt. */
  readonly endpoint:
    | { readonly pool: { readonly address: { scheme: string; host: string; port: number } } }
    | undefined;
  readonly leg: { readonly key: string } | undefined;
  /** Attempts begun, the first one counted. */
  readonly attempts: number;
  /** The endpoint's response reached the client, at least its head. */
  readonly responded: boolean;
}

/** The request as it came: middlewares rewrite it before it is logged. */
export interface LoggedRequest {
  readonly method: string;
  /** Path and query, shortened. */
  readonly target: string;
  readonly authority: string;
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2.0';
  readonly secure: boolean;
  readonly entryPoint: string;
  readonly peerAddress: string;
  readonly peerPort: number;
  /** First address of a trusted peer's `X-Forwarded-For`, else the peer's. */
  readonly clientHost: string;
}

export class AccessRecord {
  readonly request: LoggedRequest;
  /** Wall-clock milliseconds. */
  readonly startedAt: number;
  /** Monotonic milliseconds. */
  readonly begun: number;
  /** Body bytes given to the client's connection. */
  bytes = 0;
  /** Why it was refused or cut, '' when it was not. */
  errorCode: GatewayErrorCode | '' = '';
  /** Who the client has proved to be, '' for nobody: names that were only tried may be passwords in the wrong field. */
  clientUsername = '';
  route: LoggedRoute | undefined;
  forward: LoggedForward | undefined;
  /** Monotonic milliseconds at which it was handed to its service; 0 before. */
  forwardedAt = 0;

  constructor(request: LoggedRequest, startedAt: number, begun: number) {
    this.request = request;
    this.startedAt = startedAt;
    this.begun = begun;
  }
}
