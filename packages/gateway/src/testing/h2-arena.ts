/** Where an attack on the HTTP/2 codec is tested: a gateway, an attacker, and a client on its own connection that must not notice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionLimits, Http2Limits } from '../model/model.ts';
import { selfSigned } from './certificates.ts';
import { type RecordingEndpoint, recordingEndpoint } from './endpoints.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { H2Raw, pseudo, type RawOptions, statusOf } from './h2-raw.ts';
import * as wire from './h2-wire.ts';
import { ManualClock } from './manual-clock.ts';
import { limits } from './models.ts';

export interface ArenaParts {
  readonly http2?: Partial<Http2Limits>;
  readonly limits?: Partial<Omit<ConnectionLimits, 'http2'>>;
  /** Everybody comes over TLS, with ALPN. */
  readonly tls?: boolean;
}

export interface Arena {
  readonly gateway: TestGateway;
  /** Never answers `/hang`, answers `/big/<bytes>` with that many, and everything else with `ok`. */
  readonly endpoint: RecordingEndpoint;
  /** An attacker's connection, destroyed with the arena. */
  attacker(options?: RawOptions): Promise<H2Raw>;
  /** Lets the gateway's time go by, in steps that its deadlines notice, while the bystander's body drips on. */
  pass(ms: number): Promise<void>;
  /** The gateway has read all that attackers wrote before. */
  read(): Promise<void>;
  /** Requests that the endpoint got whole with this path. */
  seen(path: string): number;
  /** Resolves when no request is in flight but `rest`. */
  settled(rest?: number): Promise<void>;
}

/** A test of `attack`, with a bystander served before, during and after it, and nothing left behind. */
export function abuse(name: string, parts: ArenaParts, attack: (arena: Arena) => Promise<void>): void {
  test(name, { timeout: 20_000 }, async () => {
    await using arena = await openArena(parts);
    using bystander = await H2Raw.connect(arena.gateway.port, arena.over);
    // Open all the while: half its body before the attack, the other half after.
    const slow = bystander.open(pseudo('/slow', 'POST'), false);
    bystander.send(wire.data(slow, 'first half, '));
    assert.equal(statusOf(await bystander.get('/before')), 200);
    arena.drip = async () => {
      bystander.send(wire.data(slow, '.'));
      await bystander.roundTrip();
    };
    const attacked = attack(arena);
    const during = bystander.get('/during');
    await attacked;
    assert.equal(statusOf(await during), 200, 'served during the attack');
    assert.equal(statusOf(await bystander.get('/while')), 200, 'served while the attacker is still there');
    arena.disarm();
    bystander.send(wire.data(slow, 'second half', true));
    assert.equal(statusOf(await bystander.outcome(slow)), 200, 'the request that was open all the while');
    const whole = arena.endpoint.requests.find(({ url }) => url === '/slow');
    assert.match(String(whole?.body), /^first half, \.*second half$/);
    await arena.settled();
    assert.equal(statusOf(await bystander.get('/after')), 200, 'served afterwards');
  });
}

async function openArena(parts: ArenaParts) {
  const clock = new ManualClock();
  const endpoint = await recordingEndpoint((request, response) => {
    const url = request.url ?? '';
    if (url.startsWith('/hang')) return;
    if (!url.startsWith('/big/')) response.end('ok');
    else response.end(Buffer.alloc(Number(url.slice(5)), 'x'));
  });
  const http2 = { ...limits.http2, ...parts.http2 };
  const certificate = parts.tls === true ? selfSigned('h') : undefined;
  const over: RawOptions =
    certificate === undefined ? {} : { tls: { ca: certificate.cert, servername: 'h' } };
  const gateway = await startGateway({
    ports: [endpoint.port],
    limits: { ...parts.limits, http2 },
    clock,
    ...(certificate === undefined ? {} : { certificates: [certificate] }),
  });
  const attackers: H2Raw[] = [];
  const inFlight = async () => (await gateway.plane.stats()).requests.inFlight;
  return {
    gateway,
    endpoint,
    over,
    drip: async (): Promise<void> => undefined,
    async read() {
      // Written after what attackers wrote: its answer means that the event loop has come round to both.
      await this.drip();
    },
    async attacker(options?: RawOptions) {
      const client = await H2Raw.connect(gateway.port, { ...over, ...options });
      attackers.push(client);
      return client;
    },
    async pass(ms: number) {
      for (let gone = 0; gone < ms; gone += 250) {
        clock.advance(250);
        await this.drip();
      }
    },
    seen: (path: string) => endpoint.requests.filter(({ url }) => url === path).length,
    async settled(rest = 0) {
      const end = performance.now() + 5000;
      while ((await inFlight()) !== rest) {
        if (performance.now() > end) throw new Error(`${await inFlight()} requests in flight, want ${rest}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    disarm() {
      for (const client of attackers.splice(0)) client.socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      this.disarm();
      await gateway[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}
