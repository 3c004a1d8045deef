/** Which router takes a request, and why those before it do not. */
import type { Explanation, PassedOver } from '@ficus/common/api/explain.ts';
import type { RequestHead } from '../http/message.ts';
import type { RouterModel } from '../model/model.ts';
import { showName } from '../model/resolution.ts';
import { explainMatcher, type MatcherVerdict } from './explain-matcher.ts';
import { type MaySet, matchesWhatever } from './undecided.ts';

/** Routers that are told though they do not match: more help nobody. */
const mostNearest = 10;
const mostMatching = 5;

export interface RouterChoice extends Pick<Explanation, 'passedOver' | 'alsoMatching'> {
  readonly taken: RouterModel | undefined;
  /** They take it if headers are set as they want: before `taken`, or before one that matches whatever those are. */
  readonly possible: readonly RouterModel[];
}

/** `routers` in the order in which they are tried; `unknown`: headers that may be set otherwise than in `head`. */
export function chooseRouter(
  routers: readonly RouterModel[],
  head: RequestHead,
  unknown: readonly MaySet[],
): RouterChoice {
  const possible = possibleRouters(routers, head, unknown);
  let taken: RouterModel | undefined;
  const missed: { readonly router: RouterModel; readonly verdict: MatcherVerdict; readonly at: number }[] =
    [];
  const alsoMatching: RouterModel[] = [];
  for (const [at, router] of routers.entries()) {
    const verdict = explainMatcher(router.matcher, head);
    if (taken === undefined && verdict.matches) taken = router;
    else if (taken === undefined && possible.includes(router)) continue;
    else if (taken === undefined) missed.push({ router, verdict, at });
    else if (verdict.matches && alsoMatching.push(router) === mostMatching) break;
  }
  const nearest = missed
    .toSorted((a, b) => b.verdict.matchingParts - a.verdict.matchingParts || a.at - b.at)
    .slice(0, mostNearest)
    // Told in the order in which they are tried, but for the nearest miss when that is all there is to say.
    .toSorted((a, b) => (taken === undefined ? 0 : a.at - b.at));
  return {
    taken,
    possible: possible.filter((router) => router !== taken),
    passedOver: {
      count: missed.length,
      nearest: nearest.map(
        ({ router, verdict }): PassedOver => ({
          ...told(router),
          because: verdict.because,
        }),
      ),
    },
    alsoMatching: alsoMatching.map(told),
  };
}

function possibleRouters(
  routers: readonly RouterModel[],
  head: RequestHead,
  unknown: readonly MaySet[],
): readonly RouterModel[] {
  const possible: RouterModel[] = [];
  if (unknown.length === 0) return possible;
  for (const router of routers) {
    const matches = matchesWhatever(router.matcher, head, unknown);
    if (matches === true) break;
    if (matches === undefined) possible.push(router);
  }
  return possible;
}

/** A router as explanations name it. */
export function told({ name, priority, rule }: RouterModel): {
  readonly name: string;
  readonly priority: number;
  readonly rule: string;
} {
  return { name: showName(name), priority, rule };
}
