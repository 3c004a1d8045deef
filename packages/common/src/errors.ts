/** Errors that carry a stable code, where they happened and what to do about them. */

/**
 * An error a person is meant to read. `message` says what was expected and what was found;
 * `remedy` is the next step. The CLI prints both and never a stack trace.
 */
export class FicusError extends Error {
  override readonly name = 'FicusError';
  /** Stable, lower-case, dotted: `token.expired`, `config.unknown-key`. Never reused for another meaning. */
  readonly code: string;
  /** What to do next, in one sentence. */
  readonly remedy: string | undefined;
  /** HTTP status when the error crosses an API; 500 unless given. */
  readonly status: number;

  constructor(
    code: string,
    message: string,
    options: { remedy?: string; status?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
    this.status = options.status ?? 500;
  }
}

/** RFC 9457 problem document; `code` is our extension member, stable across releases. */
export interface Problem {
  /** `https://…` or `about:blank`; we use `urn:ficus:<code>`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code: string;
  /** What to do next. */
  readonly remedy?: string;
}

/** The problem document of any thrown value; unknown errors become a bare 500 that leaks nothing. */
export function toProblem(error: unknown): Problem {
  if (!(error instanceof FicusError)) {
    return { type: 'urn:ficus:internal', title: 'internal error', status: 500, code: 'internal' };
  }
  return {
    type: `urn:ficus:${error.code}`,
    title: error.code,
    status: error.status,
    detail: error.message,
    code: error.code,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
  };
}
