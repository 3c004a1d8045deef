/** The retry expression of `buffering`: Traefik's language, from text to what it means for a retry policy. */
import { type Condition, type Language, noArguments, parseExpression } from './expression/parse.ts';
import type { RetryPolicy, StatusRange } from './retry-policy.ts';

/** Traefik sends nothing again after so many attempts that failed. */
const mostAttempts = 10;

/** One answer to be judged. */
interface Outcome {
  readonly attempts: number;
  readonly status: number;
}

const language: Language<Outcome> = {
  functions: new Map([
    [
      'Attempts',
      {
        usage: 'Attempts()',
        check: noArguments,
        value:
          () =>
          ({ attempts }: Outcome) =>
            attempts,
      },
    ],
    [
      'ResponseCode',
      {
        usage: 'ResponseCode()',
        check: noArguments,
        value:
          () =>
          ({ status }: Outcome) =>
            status,
      },
    ],
    [
      'IsNetworkError',
      {
        usage: 'IsNetworkError()',
        check: noArguments,
        condition:
          () =>
          ({ status }: Outcome) =>
            status === 502 || status === 504,
      },
    ],
  ]),
  comparison: '< 3',
  negated: '!(Attempts() > 2)',
};

/** The part of a policy that `text` stands for, or what is wrong with it. */
export function retryRule(
  text: string,
): Pick<RetryPolicy, 'attempts' | 'networkErrors' | 'statuses'> | string {
  const method = text.search(/\bRequestMethod\b/);
  if (method >= 0)
    return `bad expression at character ${method + 1}: RequestMethod() is not needed: only methods that may be sent twice are`;
  const parsed = parseExpression(text, language);
  return typeof parsed === 'string' ? parsed : policyOf(parsed.holds);
}

/**
 * A policy knows a number of attempts, and statuses that are tried again until then: what the condition says for every
 * attempt and status shows whether it is one.
 */
function policyOf(
  holds: Condition<Outcome>,
): Pick<RetryPolicy, 'attempts' | 'networkErrors' | 'statuses'> | string {
  const first = statusesOf(holds, 1);
  if (first.length === 0) return 'it never holds after the first attempt, so that nothing is ever sent again';
  const success = first.find((status) => status < 300);
  if (success !== undefined)
    return `it holds for status ${success}, too: want IsNetworkError() or ResponseCode() to say which answers are failures`;
  let attempts = mostAttempts + 1;
  for (let attempt = 2; attempt <= mostAttempts; attempt++) {
    const now = statusesOf(holds, attempt);
    if (now.length === 0) attempts = Math.min(attempts, attempt);
    else if (attempts < attempt || now.join() !== first.join())
      return 'it means other statuses after some attempts than after others: want "Attempts() < 3 && …" with the same for all';
  }
  return {
    attempts,
    // What the gateway itself answers in place of an endpoint that it cannot reach.
    networkErrors: first.includes(502) || first.includes(504),
    statuses: rangesOf(first),
  };
}

function statusesOf(holds: Condition<Outcome>, attempts: number): readonly number[] {
  const statuses: number[] = [];
  for (let status = 200; status < 600; status++) if (holds({ attempts, status })) statuses.push(status);
  return statuses;
}

function rangesOf(statuses: readonly number[]): readonly StatusRange[] {
  const ranges: [number, number][] = [];
  for (const status of statuses) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === status - 1) last[1] = status;
    else ranges.push([status, status]);
  }
  return ranges;
}
