/** A circuit breaker's expression: from text to a condition, or to what is wrong with it. */
import {
  type Call,
  type Condition as ConditionOf,
  type Language,
  parseExpression,
} from '../expression/parse.ts';
import { type CircuitMetrics, functions } from './metric-functions.ts';
import type { CodeRange } from './rolling-counts.ts';

export type Condition = ConditionOf<CircuitMetrics>;

const language: Language<CircuitMetrics> = {
  functions,
  comparison: '> 0.30',
  negated: '!(RequestThreshold() < 20)',
};

/** What is wrong with `text`, for people; undefined when nothing is. */
export function checkExpression(text: string): string | undefined {
  const parsed = parseExpression(text, language);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** Of a text that `checkExpression` has let through. */
export function compileExpression(text: string): Condition {
  return good(text).holds;
}

/** What has to be measured for an expression to be answered. */
export interface ExpressionNeeds {
  readonly ranges: readonly CodeRange[];
  readonly latencies: boolean;
}

/** Of a text that `checkExpression` has let through. */
export function expressionNeeds(text: string): ExpressionNeeds {
  const { calls } = good(text);
  const ranges = new Map<string, CodeRange>();
  for (const { name, args } of calls) {
    if (name !== 'ResponseCodeRatio') continue;
    const [from = 0, to = 0, byFrom = 0, byTo = 0] = args;
    ranges.set(`${from}-${to}`, [from, to]).set(`${byFrom}-${byTo}`, [byFrom, byTo]);
  }
  return {
    ranges: [...ranges.values()],
    latencies: calls.some(({ name }) => name === 'LatencyAtQuantileMS'),
  };
}

function good(text: string): { readonly holds: Condition; readonly calls: readonly Call[] } {
  const parsed = parseExpression(text, language);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}
