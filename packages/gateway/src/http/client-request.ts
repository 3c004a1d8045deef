/** One request to an endpoint between the request path and the codec that carries it, whatever wire that speaks. */
import type { Socket } from 'node:net';
import type { GatewayErrorCode } from './errors.ts';
import type { RawConnection } from './exchange.ts';
import type { Headers } from './headers.ts';
import type { RequestHead, ResponseHead } from './message.ts';

/** Who asked, and hears what comes back. */
export interface ResponseListener {
  responseInform(head: ResponseHead): void;
  /** `length`: body bytes or UNKNOWN_LENGTH. */
  responseHead(head: ResponseHead, length: number): void;
  /** False asks to stop until `resume`. The chunk is valid only until this returns. */
  responseData(chunk: Buffer): boolean;
  responseEnd(trailers: Headers | undefined): void;
  /** All that came in this turn was delivered. */
  responseTurnEnd(): void;
  responseSwitched(head: ResponseHead, raw: RawConnection): void;
  /** No response, or no whole one. */
  requestFailed(code: GatewayErrorCode, detail: string, fate: RequestFate): void;
  requestDrained(): void;
  /** This request is on `endpoint` and may be sent again elsewhere. */
  movable(endpoint: object): boolean;
}

/**
 * What is known of a failed request. `answered`: some of a response had come. `unprocessed`: the peer says that it did
 * nothing with it, so that any method may be sent again.
 */
export type RequestFate = 'answered' | 'unanswered' | 'unprocessed';

/** Where a request goes, as the codec needs to know it. */
export interface Destination {
  readonly model: {
    readonly scheme: string;
    readonly host: string;
    readonly port: number;
    readonly path: string;
    readonly preservePath: boolean;
  };
  readonly owner: {
    readonly passHostHeader: boolean;
    /** Fields its service sets, as the text of HTTP/1.1 and as a list; and their names, which nobody else may set. */
    readonly ownFields: string;
    readonly ownHeaders: Headers;
    readonly ownNames: ReadonlySet<string> | undefined;
  };
}

/** The connection that a request is on. */
export interface Carrier {
  readonly socket: Socket;
  /** It may take another request. */
  readonly alive: boolean;
  /** The transport's version it was dialled under. */
  readonly version: number;
  /** When the peer's certificate expires, wall-clock milliseconds; Infinity where peers have no identity. */
  readonly goodUntil: number;
}

/** One request's place on a connection. Calls after its end are ignored. */
export interface ClientRequest {
  /** Requests that its connection was given before this one. */
  readonly served: number;
  readonly carrier: Carrier;
  /**
   * Sends the head; `bodyLength` 0 ends the request, `upgrade` is the protocol to switch to or ''. Bytes may wait for
   * `flush`. `headTimeoutMs` 0: no deadline.
   */
  start(
    listener: ResponseListener,
    request: RequestHead,
    destination: Destination,
    bodyLength: number,
    upgrade: string,
    headTimeoutMs: number,
  ): void;
  /** False: stop until `requestDrained`. */
  write(chunk: Buffer): boolean;
  endRequest(trailers: Headers | undefined): void;
  flush(): void;
  /** The listener takes response data again. */
  resume(): void;
  /** Gives the request up, telling nobody. */
  destroy(): void;
}

/** Lower-case names of fields that do not go to the endpoint: those its service sets itself, and those that end here. */
export function withheldNames(request: RequestHead, { owner }: Destination): ReadonlySet<string> | undefined {
  if (request.endsHere === undefined) return owner.ownNames;
  return owner.ownNames === undefined ? request.endsHere : new Set([...request.endsHere, ...owner.ownNames]);
}

/** The path an endpoint is asked for. */
export function endpointPath(request: RequestHead, { model }: Destination): string {
  const path = model.preservePath && model.path !== '' ? model.path + request.path : request.path;
  return request.query === undefined ? path : `${path}?${request.query}`;
}

/** The Host or :authority an endpoint is asked under. */
export function endpointAuthority(request: RequestHead, { model, owner }: Destination): string {
  if (owner.passHostHeader && request.authority !== '') return request.authority;
  const name = model.host.includes(':') ? `[${model.host}]` : model.host;
  return model.port === (model.scheme === 'https' ? 443 : 80) ? name : `${name}:${model.port}`;
}
