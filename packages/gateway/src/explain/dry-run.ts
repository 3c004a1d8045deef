/** Runs those middlewares on a request that is only thought of whose answer depends on nothing but that request. */
import { systemClock } from '@ficus/common/clock.ts';
import type { ConnectionFacts } from '../http/exchange.ts';
import { InnerExchange } from '../http/inner-exchange.ts';
import type { RequestHead } from '../http/message.ts';
import type { Limits } from '../limits/limits.ts';
import { compileMiddleware } from '../middleware/index.ts';
import type { MiddlewareContext, Verdict } from '../middleware/middleware.ts';
import type { MiddlewareModel } from '../model/middleware/models.ts';
import type { Deadlines } from '../net/deadlines.ts';

/** They keep no state, ask nobody and wait for nothing. */
const runnable: ReadonlySet<string> = new Set([
  'addPrefix',
  'contentType',
  'encodedCharacters',
  'headers',
  'ipAllowList',
  'redirectRegex',
  'redirectScheme',
  'replacePath',
  'replacePathRegex',
  'stripPrefix',
  'stripPrefixRegex',
]);

/** Changes `head` as the middleware would. `notRun`: of this kind nothing can be said without a real request. */
export function dryRun(model: MiddlewareModel, head: RequestHead): Verdict | undefined | 'notRun' {
  if (!runnable.has(model.kind)) return 'notRun';
  const middleware = compileMiddleware(model, noContext);
  const exchange = new InnerExchange(head, factsOf(head), 0, {
    head() {},
    data: () => true,
    end() {},
    failed() {},
  });
  return middleware.request?.(head, exchange, { visit() {} });
}

function factsOf({ clientAddress, secure, host }: RequestHead): ConnectionFacts {
  return {
    entryPoint: '',
    peerAddress: clientAddress,
    peerPort: 0,
    localAddress: '',
    localPort: 0,
    secure,
    peerUri: '',
    peerAllowed: true,
    peerNotAfter: Number.POSITIVE_INFINITY,
    trusted: false,
    serverName: secure ? host : '',
    tlsOptions: secure ? 'default' : '',
    peerCertificate: () => undefined,
  };
}

/** The kinds that are run use none of it. */
const noContext: MiddlewareContext = {
  owner: '["explain","internal"]',
  clock: systemClock,
  get deadlines(): Deadlines {
    throw unused();
  },
  get limits(): Limits {
    throw unused();
  },
  kept: (_key, make) => make(),
  service() {
    throw unused();
  },
  send() {
    throw unused();
  },
};

function unused(): Error {
  return new Error('a middleware that explaining runs wants what it cannot give');
}
