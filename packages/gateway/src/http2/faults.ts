/** A reason to end the whole connection: the code that goes into GOAWAY, and words for the log. */
import { type ErrorCode, errorCodes } from './frames.ts';

export interface Fault {
  readonly code: ErrorCode;
  readonly detail: string;
}

export function fault(code: ErrorCode, detail: string): Fault {
  return { code, detail };
}

/** The peer does more of one thing in a second than it may. */
export const tooMuch: Fault = { code: errorCodes.enhanceYourCalm, detail: 'too much of the same' };
