/** Shapes of `GET /v1/mirrors`: how services that get copies compare with those that answer. */

/** `GET /v1/mirrors` → `{mirrors: MirrorStatus[]}`. Counts are of all workers, since the parent started. */
export interface MirrorStatus {
  /** The mirroring service, such as `orders@file`. */
  readonly service: string;
  /** The mirror's key in that service: the name of who gets the copies. */
  readonly mirror: string;
  /** Copies that were begun; those of them under way now. */
  readonly copies: number;
  readonly inFlight: number;
  /** Copies not begun (`busy`), or not brought to their end: `body-too-large`, `memory`, `timeout`, `client-gone`, `request-ended`. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Of the bodies of the mirror's answers, which nobody reads. */
  readonly bytes: number;
  readonly answers: AnswerStatus;
  /** Of the service that answers clients, to compare with. */
  readonly main: AnswerStatus;
}

/** What one service answered. A failure counts as what a client would have been told: 502, 503 or 504. */
export interface AnswerStatus {
  readonly answered: number;
  readonly codes: Readonly<Record<string, number>>;
  /** Share of the answers that are 5xx, from 0 to 1; 0 without answers. */
  readonly serverErrors: number;
  /** Times to the head of the answer; absent without answers. */
  readonly latency?: {
    readonly p50: LatencyBound;
    readonly p95: LatencyBound;
    readonly p99: LatencyBound;
  };
}

/** A quantile between the bounds that are counted: it is no more than this, or more than the last of them. */
export type LatencyBound = { readonly atMostMs: number } | { readonly moreThanMs: number };
