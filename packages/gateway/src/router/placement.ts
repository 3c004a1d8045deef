/** Where in a table a matcher has its places, worked out once for each matcher however often tables are built. */
import type { Matcher } from '../model/model.ts';
import { compileMatcher, type RequestTest } from '../rules/compile.ts';
import { printRule } from '../rules/print-rule.ts';
import { assumeHost, requiredHosts } from './known-host.ts';
import { assumePath, type PathKey, requiredPaths } from './known-path.ts';
import { type RequiredValue, requiredValue } from './known-value.ts';

/** A place by path, among the matchers of one host. */
export interface Spot {
  readonly at: PathKey;
  /** What is left to test when host and path led here; undefined: nothing. */
  readonly test: RequestTest | undefined;
  readonly value: RequiredValue | undefined;
}

/** A place by host. What few need is made when asked for. */
export class Placement {
  /** `shop.example`, `.example` for all that end so, `''` for every host. */
  readonly host: string;
  /** What is left to test when the host led here. */
  readonly #rest: Matcher | true;
  #test: RequestTest | undefined;
  #spots: readonly Spot[] | undefined;

  constructor(host: string, rest: Matcher | true) {
    this.host = host;
    this.#rest = rest;
  }

  /** What is left to test when the host led here; undefined: nothing. */
  get test(): RequestTest | undefined {
    if (this.#rest === true) return undefined;
    this.#test ??= sharedTest(this.#rest);
    return this.#test;
  }

  get spots(): readonly Spot[] {
    this.#spots ??= spotsOf(this.#rest);
    return this.#spots;
  }
}

/** Tests kept by their rule, so that thousands of routers with the same rest have one, which stays in the processor's cache. */
const shared = new Map<string, RequestTest>();
const maxShared = 4096;

function sharedTest(matcher: Matcher): RequestTest {
  const rule = printRule(matcher);
  let test = shared.get(rule);
  if (test === undefined) {
    if (shared.size >= maxShared) shared.clear();
    test = compileMatcher(matcher);
    shared.set(rule, test);
  }
  return test;
}

const placements = new WeakMap<Matcher, readonly Placement[]>();

/** Its places: requests that come by none of them never match. */
export function placementsOf(matcher: Matcher): readonly Placement[] {
  let made = placements.get(matcher);
  if (made === undefined) {
    made = place(matcher);
    placements.set(matcher, made);
  }
  return made;
}

function place(matcher: Matcher): readonly Placement[] {
  const hosts = requiredHosts(matcher);
  if (hosts === undefined) return [new Placement('', matcher)];
  const made: Placement[] = [];
  for (const host of hosts) {
    const rest = host.startsWith('.') ? matcher : assumeHost(matcher, host);
    if (rest !== false) made.push(new Placement(host, rest));
  }
  return made;
}

const anyPath: PathKey = { path: '', exact: false };

function spotsOf(matcher: Matcher | true): readonly Spot[] {
  if (matcher === true) return [{ at: anyPath, test: undefined, value: undefined }];
  const spots: Spot[] = [];
  for (const at of requiredPaths(matcher) ?? [anyPath]) {
    const rest = at === anyPath ? matcher : assumePath(matcher, at);
    if (rest === false) continue;
    if (rest === true) spots.push({ at, test: undefined, value: undefined });
    else spots.push({ at, test: sharedTest(rest), value: requiredValue(rest) });
  }
  return spots;
}
