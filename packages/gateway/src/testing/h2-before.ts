/** A gateway before an h2c endpoint that a test scripts, and beside it one that is well. */
import assert from 'node:assert/strict';
import type { TransportModel } from '../model/model.ts';
import { type RecordingEndpoint, recordingEndpoint } from './endpoints.ts';
import { startGateway } from './gateway.ts';
import { type H2Endpoint, type H2EndpointOptions, h2Endpoint } from './h2-endpoint.ts';
import { ManualClock } from './manual-clock.ts';
import { endpointModel, loadBalancer, prefixRouter } from './models.ts';
import { exchange } from './raw-client.ts';

export interface Before extends AsyncDisposable {
  /** The scripted one, behind every path. */
  readonly hostile: H2Endpoint;
  /** The one that is well, behind `/good`, and with `spare` also beside the scripted one. */
  readonly good: RecordingEndpoint;
  /** The gateway's port. */
  readonly port: number;
  /** Lets the gateway's time go by. */
  pass(ms: number): Promise<void>;
  /** Others are served, and nothing is left in flight. */
  unharmed(): Promise<void>;
}

const fine = 'GET /good HTTP/1.1\r\nHost: h\r\n\r\n';

/** Waits 3 s for a connection and 3 s for a head, on a clock that only `pass` moves, unless `transport` says otherwise. */
export async function before(
  options: H2EndpointOptions,
  more: { readonly spare?: boolean; readonly transport?: Partial<TransportModel> } = {},
): Promise<Before> {
  const clock = new ManualClock();
  const hostile = await h2Endpoint(options);
  const good = await recordingEndpoint();
  const h2c = endpointModel(hostile.port, { scheme: 'h2c' });
  const well = endpointModel(good.port);
  const gateway = await startGateway({
    clock,
    services: [loadBalancer('s', more.spare === true ? [h2c, well] : [h2c]), loadBalancer('good', [well])],
    routers: [prefixRouter('/good', 1), prefixRouter('/', 0)],
    transport: { responseHeaderTimeoutMs: 3000, dialTimeoutMs: 3000, ...more.transport },
  });
  return {
    hostile,
    good,
    port: gateway.port,
    async pass(ms) {
      for (let gone = 0; gone < ms; gone += 250) {
        clock.advance(250);
        await exchange(gateway.port, fine);
      }
    },
    async unharmed() {
      assert.equal((await exchange(gateway.port, fine)).status, 200);
      for (const end = performance.now() + 5000; (await gateway.plane.stats()).requests.inFlight > 0; ) {
        assert.ok(performance.now() < end, 'a request is left in flight');
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await hostile[Symbol.asyncDispose]();
      await good[Symbol.asyncDispose]();
    },
  };
}
