/** What is not known of a request that nobody sent: who would refuse it, and which headers would be set on its way. */
import type { RequestHead } from '../http/message.ts';
import { soleField } from '../middleware/field-edit.ts';
import type { Verdict } from '../middleware/middleware.ts';
import type { MiddlewareModel } from '../model/middleware/models.ts';
import type { Matcher } from '../model/model.ts';
import { compileMatcher } from '../rules/compile.ts';
import { checkedGoRegexp } from '../rules/go-regexp.ts';

/** Whether a middleware may set the header of this name, which is in lower case. */
export type MaySet = (name: string) => boolean;

const gates: ReadonlySet<string> = new Set([
  'basicAuth',
  'digestAuth',
  'forwardAuth',
  'inFlightReq',
  'rateLimit',
]);

/** Whether it lets a request pass hangs on more than the request. */
export function isGate({ kind }: MiddlewareModel): boolean {
  return gates.has(kind);
}

/** The refusal that can be foretold without a secret: credentials of its kind are not there at all. */
export function refusedForSure({ kind }: MiddlewareModel, { headers }: RequestHead): Verdict | undefined {
  const scheme = kind === 'basicAuth' ? 'Basic' : kind === 'digestAuth' ? 'Digest' : undefined;
  if (scheme === undefined) return undefined;
  const given = soleField(headers, 'authorization').toLowerCase();
  if (given.startsWith(`${scheme.toLowerCase()} `)) return undefined;
  return { code: 'client.unauthorized', detail: `the request has no Authorization: ${scheme} …` };
}

/** The headers it may set; undefined: none. */
export function headersSetBy(model: MiddlewareModel): MaySet | undefined {
  switch (model.kind) {
    case 'basicAuth':
    case 'digestAuth': {
      const field = model.headerField.toLowerCase();
      return field === '' ? undefined : (name) => name === field;
    }
    case 'forwardAuth': {
      const names = new Set(model.responseHeaders.map((name) => name.toLowerCase()));
      const pattern =
        model.responseHeadersRegex === '' ? undefined : checkedGoRegexp(model.responseHeadersRegex);
      if (names.size === 0 && pattern === undefined) return undefined;
      return (name) => names.has(name) || pattern?.test(canonical(name)) === true;
    }
    case 'passTLSClientCert':
      return (name) => name.startsWith('x-forwarded-tls-client-cert');
    default:
      return undefined;
  }
}

/** As Go spells it, which is what patterns are written for. */
function canonical(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** Whether it matches whatever these headers are set to; undefined: that hangs on them. */
export function matchesWhatever(
  matcher: Matcher,
  head: RequestHead,
  unknown: readonly MaySet[],
): boolean | undefined {
  switch (matcher.kind) {
    case 'not': {
      const inner = matchesWhatever(matcher.of, head, unknown);
      return inner === undefined ? undefined : !inner;
    }
    case 'and':
    case 'or': {
      const deciding = matcher.kind === 'or';
      let open = false;
      for (const part of matcher.of) {
        const said = matchesWhatever(part, head, unknown);
        if (said === deciding) return deciding;
        open ||= said === undefined;
      }
      return open ? undefined : !deciding;
    }
    case 'header':
    case 'headerRegexp':
      if (unknown.some((maySet) => maySet(matcher.name))) return undefined;
      return compileMatcher(matcher)(head);
    default:
      return compileMatcher(matcher)(head);
  }
}
