/** What a composition root sees of the data plane, whether it serves in this process or in workers. */
import type { EndpointModel, Model, QName } from '../model/model.ts';

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

/** Counters since start, summed over live and past workers. */
export interface Stats {
  readonly connections: { readonly open: number; readonly accepted: number; readonly refused: number };
  readonly requests: { readonly total: number; readonly inFlight: number };
  /** By entrypoint and status code. */
  readonly entryPoints: readonly {
    readonly name: string;
    readonly codes: Readonly<Record<string, number>>;
  }[];
  /** By service; for weighted services also by leg key. */
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
