/** What a composition root sees of the data plane, whether it serves in this process or in workers. */

import type { EndpointModel, Model, QName, TransportModel } from '../model/model.ts';
import type { CircuitState } from '../service/circuit/breaker.ts';
import type { EndpointState } from '../service/endpoint.ts';
import type { MirrorStats } from './mirror-stats.ts';

/** A small change to the running generation, in place: no rebuild, no state lost. Unknown names are ignored. */
export type Patch =
  /** Weights and modes of a weighted service's legs; legs not named keep theirs. */
  | {
      readonly kind: 'legs';
      readonly service: QName;
      readonly legs: readonly {
        readonly key: string;
        readonly weight: number;
        readonly mode: 'active' | 'standby' | 'draining' | 'off';
        /** As in `LegModel`. */
        readonly sessionsUntil?: number;
      }[];
    }
  /** A verdict of an active check. `down` also moves requests that wait for a head and may be replayed. */
  | {
      readonly kind: 'health';
      readonly service: QName;
      /** Index-free address: scheme, host, port as in EndpointModel. */
      readonly endpoint: { readonly host: string; readonly port: number };
      readonly up: boolean;
      readonly reason: string;
    }
  | { readonly kind: 'endpoints'; readonly service: QName; readonly endpoints: readonly EndpointModel[] }
  /** New certificate for dialling (renewal): new connections use it, running ones finish. */
  | {
      readonly kind: 'transportCertificate';
      readonly transport: QName;
      readonly certificate: { readonly cert: string; readonly key: string };
      readonly roots: readonly string[];
    }
  /** New certificate, roots or allowed peers of an uplink entrypoint. Live connections of a peer no longer allowed are closed. */
  | {
      readonly kind: 'uplinkIdentity';
      readonly entryPoint: string;
      readonly certificate: { readonly cert: string; readonly key: string };
      readonly roots: readonly string[];
      readonly peers: readonly string[];
    }
  /** Close every live connection to this peer now (revocation), whatever is in flight. */
  | { readonly kind: 'closePeer'; readonly uri: string };

/**
 * A document the data plane serves itself on uplink entrypoints (the advertisement):
 * `GET` with ETag; `GET` with `?watch` streams it as one JSON line at every change, an empty line as heartbeat.
 */
export interface PublishedDocument {
  readonly path: string;
  /** One line of JSON, without line feed. */
  readonly body: string;
  readonly heartbeatMs: number;
}

/** An endpoint failed while serving (passive), as a worker saw it. */
export interface EndpointFailure {
  readonly service: QName;
  readonly host: string;
  readonly port: number;
  /** Stable error code: `endpoint.dial`, `endpoint.tls`, `endpoint.closed`, … */
  readonly code: string;
  readonly message: string;
}

/** A GET that the control plane sends over one of the connections that carry requests to the same address. */
export interface UplinkQuestion {
  /** As in the model, present there or not: one of the same name and content has the same connections. */
  readonly transport: TransportModel;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Without question mark; absent for none. */
  readonly query?: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Over a connection dialled from now on, in place of those there are: something about them looks wrong. */
  readonly fresh: boolean;
}

/** The head of an answer, and who gave it: of the certificate shown on the connection that the answer came over. */
export interface AnswerHead {
  readonly status: number;
  /** By lower-case name; of repeated fields the first. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body, -1 when that is open. */
  readonly length: number;
  readonly peer: {
    /** Upper-case hex. */
    readonly serial: string;
    /** Wall-clock milliseconds. */
    readonly notAfter: number;
  };
}

/** Hears one answer. Nothing is said from inside `ask`, and nothing after one of the last three. */
export interface AnswerListener {
  head(head: AnswerHead): void;
  /** The listener's own to keep. */
  data(chunk: Buffer): void;
  /** The answer is whole. `leaving`: its connection takes no more requests, for the peer is restarting or renewed. */
  end(leaving: boolean): void;
  /** `code` as in EndpointFailure; `detail` starts with `identity.…:` when the peer is not who it must be. */
  failed(code: string, detail: string): void;
  /** What carried it goes in good order (a worker, an outdated connection): asked again, it has a new place at once. */
  moved(): void;
}

export interface CircuitStats {
  /** `router shop@file: breaker@file`, `service shop@file: breaker@file`, `service shop@file: leg vm-1`. */
  readonly name: string;
  readonly state: CircuitState;
  readonly trips: number;
}

export interface EndpointStats {
  readonly service: QName;
  readonly host: string;
  readonly port: number;
  readonly state: EndpointState;
}

/** Counters since start, summed over live and past workers. */
export interface Stats {
  readonly connections: { readonly open: number; readonly accepted: number; readonly refused: number };
  readonly requests: { readonly total: number; readonly inFlight: number };
  /** By entrypoint and status code. */
  readonly entryPoints: readonly {
    readonly name: string;
    readonly codes: Readonly<Record<string, number>>;
  }[];
  /** Load balancers that have been asked; for weighted services also by leg key. */
  readonly services: readonly {
    readonly name: QName;
    readonly requests: number;
    readonly failures: number;
    readonly retries: number;
  }[];
  readonly legs: readonly {
    readonly service: QName;
    readonly key: string;
    readonly requests: number;
    readonly failures: number;
  }[];
  /** Those that are not plainly up, the worst of what live workers say. `ejected`: by the requests it failed. */
  readonly endpoints: readonly EndpointStats[];
  readonly mirrors: readonly MirrorStats[];
  /** Circuit breakers that there are now: the worst state that live workers say, and how often all of them opened. */
  readonly circuits: readonly CircuitStats[];
  /** Refused requests and handshakes by error code. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly workers: readonly { readonly pid: number; readonly restarts: number; readonly rssBytes: number }[];
}

export interface DataPlane {
  /** Builds a generation of `model` everywhere and swaps; rejects and changes nothing when it can't be built. */
  apply(model: Model): Promise<void>;
  /** Applies in place; resolves when every running worker has it. */
  patch(patch: Patch): Promise<void>;
  publish(document: PublishedDocument): void;
  /**
   * Asks the far end of an uplink over the data plane's own connections; waits for a worker when none can be asked now.
   * The returned function ends it, telling nobody.
   */
  ask(question: UplinkQuestion, listener: AnswerListener): () => void;
  /** Runs `listener` at each passive failure (rate-limited to one a second per endpoint and code). */
  onEndpointFailure(listener: (failure: EndpointFailure) => void): void;
  stats(): Promise<Stats>;
  /** The bound ports by entrypoint name (an address may ask for port 0). */
  readonly ports: ReadonlyMap<string, number>;
  /**
   * Lame duck: answers carry `Connection: close`, listening goes on for `lameDuckMs`, then no new connections,
   * then requests in flight get up to `graceMs`; resolves with the number of requests cut.
   */
  drain(options: { lameDuckMs: number; graceMs: number }): Promise<{ cut: number }>;
  /** Replaces every worker, one after the other, each drained first. */
  rollWorkers(): Promise<void>;
}

/** Log lines of the data plane: the composition root writes them. */
export type DataPlaneLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields?: Record<string, unknown>,
) => void;
