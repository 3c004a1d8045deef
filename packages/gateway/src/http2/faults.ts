/** A reason to end the whole connection: the code that goes into GOAWAY, and words for the log. */
import type { ErrorCode } from './frames.ts';

export interface Fault {
  readonly code: ErrorCode;
  readonly detail: string;
}

export function fault(code: ErrorCode, detail: string): Fault {
  return { code, detail };
}
