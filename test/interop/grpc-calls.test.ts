/** @grpc/grpc-js as client and as endpoint, through the whole mesh: call kinds, metadata, errors. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { eventually, type Path, startPath } from '../harness/harness.ts';
import { type EchoClient, type EchoEndpoint, echoClient, startEcho } from './grpc-echo.ts';

for (const entryPoint of ['cleartext', 'TLS'] as const) {
  suite(`gRPC over a ${entryPoint} entrypoint`, () => {
    let endpoint: EchoEndpoint;
    let path: Path;
    let client: EchoClient;
    before(async () => {
      endpoint = await startEcho();
      path = await startPath({ url: endpoint.url });
      client = entryPoint === 'TLS' ? echoClient(path.tlsPort, path.ca) : echoClient(path.port);
    });
    after(async () => {
      client?.[Symbol.dispose]();
      await path?.[Symbol.asyncDispose]();
      await endpoint?.[Symbol.asyncDispose]();
    });

    test('unary, with metadata both ways, text and binary', async () => {
      const bytes = Buffer.from([0, 1, 254, 255]);
      const { value, head, trailers, error } = await client.unary('hello', {
        'x-text': 'a text',
        'x-bytes-bin': bytes,
      });
      assert.equal(error, undefined);
      assert.equal(value?.toString(), 'hello');
      assert.deepEqual(head?.get('x-got'), ['a text']);
      assert.deepEqual(head?.get('x-got-bin'), [bytes]);
      assert.deepEqual(trailers?.get('x-trailer'), ['end']);
    });

    test('unary, 4 MiB there and back, and empty', async () => {
      const large = Buffer.alloc(4 * 1024 * 1024, 'gRPC');
      assert.ok((await client.unary(large)).value?.equals(large));
      assert.equal((await client.unary('')).value?.length, 0);
    });

    test('an error has its code, its message and its details', async () => {
      const { error } = await client.unary('', { 'x-do': 'fail' });
      assert.equal(error?.code, status.FAILED_PRECONDITION);
      assert.equal(error?.details, 'none left: 0 % of “x”');
      assert.deepEqual(error?.metadata.get('x-reason'), ['sold out']);
      assert.deepEqual(error?.metadata.get('x-reason-bin'), [Buffer.from([0, 255, 1])]);
    });

    test('an error after the head', async () => {
      const { error, head } = await client.unary('', { 'x-do': 'fail-late', 'x-text': 'kept' });
      assert.equal(error?.code, status.ABORTED);
      assert.equal(error?.details, 'after the head');
      assert.deepEqual(head?.get('x-got'), ['kept']);
    });

    test('client streaming', async () => {
      const answered = Promise.withResolvers<string>();
      const call = client.upload((error, value) =>
        error === null ? answered.resolve(String(value)) : answered.reject(error),
      );
      for (let i = 0; i < 100; i++) call.write(Buffer.alloc(1000));
      call.end();
      assert.equal(await answered.promise, '100000');
    });

    test('server streaming', async () => {
      let bytes = 0;
      let messages = 0;
      for await (const message of client.download(500, 2000)) {
        bytes += message.length;
        messages++;
      }
      assert.deepEqual([messages, bytes], [500, 1_000_000]);
    });

    test('bidirectional streaming: each message is answered before the next is sent', async () => {
      const call = client.chat();
      for (let i = 0; i < 50; i++) {
        const answer = once(call, 'data');
        call.write(Buffer.from(`message ${i}`));
        assert.equal(String((await answer)[0]), `message ${i}`);
      }
      const ended = once(call, 'status');
      call.resume();
      call.end();
      assert.equal((await ended)[0].code, status.OK);
    });

    test('200 calls at once', async () => {
      const results = await Promise.all(Array.from({ length: 200 }, (_, i) => client.unary(`call ${i}`)));
      assert.deepEqual(
        results.map(({ value, error }) => error?.message ?? value?.toString()),
        Array.from({ length: 200 }, (_, i) => `call ${i}`),
      );
    });

    test('a cancelled call is cancelled at the endpoint: unary and both streams', async () => {
      let cancelled = endpoint.cancelled();
      const { error } = await client.unary('', { 'x-do': 'hang' }, undefined, (call) => {
        void eventually(() => endpoint.hanging() === 1, 5000, 'the call to arrive').finally(() =>
          call.cancel(),
        );
      });
      assert.equal(error?.code, status.CANCELLED);
      await eventually(() => endpoint.cancelled() === cancelled + 1, 2000, 'the unary call to be cancelled');

      cancelled = endpoint.cancelled();
      const chat = client.chat();
      chat.on('error', () => undefined);
      const answer = once(chat, 'data');
      chat.write(Buffer.from('there'));
      await answer;
      chat.cancel();
      await eventually(() => endpoint.cancelled() === cancelled + 1, 2000, 'the chat to be cancelled');

      cancelled = endpoint.cancelled();
      const download = client.download(100_000, 1000);
      download.on('error', () => undefined);
      await once(download, 'data');
      download.cancel();
      await eventually(() => endpoint.cancelled() === cancelled + 1, 2000, 'the download to be cancelled');
    });
  });
}
