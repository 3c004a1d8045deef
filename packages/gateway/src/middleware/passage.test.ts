import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FilterExchange } from '../http/filter-exchange.ts';
import { addHeader, getHeader, type Headers } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import { BrokenService } from '../service/service.ts';
import type { Middleware } from './middleware.ts';
import { type Destination, Passage } from './passage.ts';
import { exchangeOf } from './testing.ts';

function request(): RequestHead {
  return {
    method: 'GET',
    path: '/',
    query: undefined,
    authority: 'h',
    host: 'h',
    headers: [],
    clientAddress: '',
    secure: false,
  };
}

/** Runs `steps` for one request that `destination` answers; what the client gets. */
function run(steps: readonly Middleware[], destination: Partial<Destination> = {}) {
  const got: { head?: ResponseHead; failed?: string; ended: boolean } = { ended: false };
  const exchange = exchangeOf(request(), {
    head: (head) => {
      got.head = head;
    },
    data: () => true,
    end: () => {
      got.ended = true;
    },
    failed: (code) => {
      got.failed = code;
    },
  });
  const answers: Destination = {
    serve: (inner) => {
      const headers: Headers = [];
      addHeader(headers, 'x-from', 'endpoint');
      inner.respond({ status: 200, reason: '', headers }, 0);
      inner.end(undefined);
    },
    serveBy: () => assert.fail('no detour here'),
    ...destination,
  };
  new Passage(steps, exchange, answers).run();
  return got;
}

/** Notes where a request and its response pass. */
function noting(seen: string[], name: string, more: Partial<Middleware> = {}): Middleware {
  return {
    request: () => {
      seen.push(`> ${name}`);
      return undefined;
    },
    response: () => {
      seen.push(`< ${name}`);
    },
    ...more,
  };
}

describe('a passage', () => {
  test('meets requests in order and responses in reverse', () => {
    const seen: string[] = [];
    const got = run([noting(seen, 'a'), {}, noting(seen, 'b')]);
    assert.deepEqual(seen, ['> a', '> b', '< b', '< a']);
    assert.equal(got.head?.status, 200);
  });

  test('a refusal ends it: what comes after sees nothing, what came before sees the answer', () => {
    const seen: string[] = [];
    const refuses = noting(seen, 'b', {
      request: () => ({ status: 302, headers: ['location', '/x', 'Location'], body: Buffer.alloc(0) }),
    });
    const got = run([noting(seen, 'a'), refuses, noting(seen, 'c')]);
    assert.deepEqual(seen, ['> a', '< a']);
    assert.equal(getHeader(got.head?.headers ?? [], 'location'), '/x');
    assert.equal(got.ended, true);
  });

  test('one that waits holds the request, and lets it go on later', () => {
    const seen: string[] = [];
    let goOn: (() => void) | undefined;
    const waits: Middleware = {
      handle: (exchange, next) => {
        goOn = () => next.go(exchange);
      },
      response: () => {
        seen.push('< waits');
      },
    };
    const got = run([noting(seen, 'a'), waits, noting(seen, 'c')]);
    assert.deepEqual(seen, ['> a']);
    goOn?.();
    assert.deepEqual(seen, ['> a', '> c', '< c', '< waits', '< a']);
    assert.equal(got.ended, true);
  });

  test('a filter sees the response between the middlewares on its two sides', () => {
    const seen: string[] = [];
    class Marks extends FilterExchange {
      protected override responded(head: ResponseHead, length: number): void {
        seen.push('filter');
        super.responded(head, length);
      }
    }
    const filters: Middleware = { handle: (exchange, next) => next.go(new Marks(exchange)) };
    run([noting(seen, 'a'), filters, noting(seen, 'c'), filters, noting(seen, 'd')]);
    assert.deepEqual(seen, ['> a', '> c', '> d', '< d', 'filter', '< c', 'filter', '< a']);
  });

  test('visits hear of the end once, whichever side of a filter they are on', () => {
    const ends: string[] = [];
    const visits = (name: string): Middleware => ({
      request: (_head, _exchange, passing) => {
        passing.visit({ finished: (status) => ends.push(`${name} ${status}`) });
        return undefined;
      },
    });
    const filters: Middleware = { handle: (exchange, next) => next.go(new FilterExchange(exchange)) };
    run([visits('a'), filters, visits('b')]);
    assert.deepEqual(ends, ['a 200', 'b 200']);
  });

  test('a detour goes to another service at once', () => {
    const service = new BrokenService(['other', 'file']);
    const seen: string[] = [];
    const names: string[] = [];
    const got = run([noting(seen, 'a'), { request: () => ({ service }) }, noting(seen, 'c')], {
      serveBy: (_exchange, other) => names.push(other.name[0]),
    });
    assert.deepEqual([seen, names, got.head], [['> a'], ['other'], undefined]);
  });

  test('one layer of routers behind another: the inner one’s middlewares see the response first', () => {
    const seen: string[] = [];
    run([noting(seen, 'root')], {
      serve: (exchange) => {
        new Passage([noting(seen, 'leaf')], exchange, {
          serve: (inner) => {
            inner.respond({ status: 200, reason: '', headers: [] }, 0);
            inner.end(undefined);
          },
          serveBy: () => undefined,
        }).run();
      },
    });
    assert.deepEqual(seen, ['> root', '> leaf', '< leaf', '< root']);
  });
});
