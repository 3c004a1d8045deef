/** What middlewares are given, for their tests. */
import type { Clock } from '@ficus/common/clock.ts';
import type { ConnectionFacts } from '../http/exchange.ts';
import { type AnswerReader, InnerExchange } from '../http/inner-exchange.ts';
import type { RequestHead } from '../http/message.ts';
import { LocalLimits } from '../limits/local.ts';
import { Deadlines } from '../net/deadlines.ts';
import { BrokenService } from '../service/service.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { MiddlewareContext, Passing } from './middleware.ts';

/** Hears of no end. */
export const passing: Passing = {
  visit: () => {
    // Nothing ends here.
  },
};

const nobody: AnswerReader = {
  head: () => undefined,
  data: () => true,
  end: () => undefined,
  failed: () => undefined,
};

const facts: ConnectionFacts = {
  entryPoint: 'web',
  peerAddress: '127.0.0.1',
  peerPort: 1,
  localPort: 80,
  localAddress: '127.0.0.1',
  serverName: '',
  tlsOptions: '',
  peerCertificate: () => undefined,
  secure: false,
  peerUri: '',
  peerAllowed: true,
  peerNotAfter: Number.POSITIVE_INFINITY,
  trusted: false,
};

/** An exchange without body for `request`. */
export function exchangeOf(
  request: RequestHead,
  reader: AnswerReader = nobody,
  bodyLength = 0,
): InnerExchange {
  return new InnerExchange(request, facts, bodyLength, reader);
}

/** A context without services that keeps nothing. */
export function inContext(clock: Clock = new ManualClock()): MiddlewareContext {
  return {
    owner: '["r","file"]',
    clock,
    deadlines: new Deadlines(clock),
    limits: new LocalLimits(clock, () => undefined),
    kept: (_key, make) => make(),
    service: (index) => new BrokenService([`${index}`, 'test']),
    send: () => undefined,
  };
}
