import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import { Engine } from '../runtime/engine.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { h2Server } from '../testing/h2-servers.ts';
import { childGateway, Heard, parentModel, questionTo } from '../testing/questions.ts';
import { child as childNode, root } from '../testing/uplinks.ts';
import { Answers } from './answers.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Questions } from './questions.ts';
import type { WorkerProcess } from './worker-process.ts';

test('a worker that is killed: what it was asked is asked of its successor', async () => {
  await using workload = await recordingEndpoint();
  await using child = await childGateway(workload.port);
  await using parent = await startGateway({ workers: 1, model: parentModel(child.port) });
  using heard = new Heard(parent.plane, questionTo(child.port));
  await eventually(() => heard.documents === 1, 'the document');
  const [worker] = (await parent.plane.stats()).workers;
  process.kill(worker?.pid as number, 'SIGKILL');
  await eventually(() => heard.documents === 2, 'the document from the next worker');
  assert.equal(heard.moves, 1);
  assert.deepEqual(heard.failures, []);
});

test('with two workers the other one takes over at once, and a roll loses nothing', async () => {
  await using workload = await recordingEndpoint();
  await using child = await childGateway(workload.port);
  await using parent = await startGateway({ workers: 2, model: parentModel(child.port) });
  using heard = new Heard(parent.plane, questionTo(child.port));
  await eventually(() => heard.documents === 1, 'the document');
  await parent.plane.rollWorkers();
  await eventually(() => heard.moves > 0 && heard.documents === 1 + heard.moves, 'every move to be heard');
  assert.ok(heard.moves <= 2);
  assert.deepEqual([heard.failures, heard.ends], [[], []]);
  const before = heard.text.length;
  await eventually(() => heard.text.length > before, 'a heartbeat after the roll');
});

test('asked again it is another worker’s turn; without one it waits; late answers are nothing', () => {
  const told: string[] = [];
  const named = (name: string) =>
    ({ tell: (message: ToWorker) => told.push(`${name} ${message.type}`) }) as unknown as WorkerProcess;
  const [a, b] = [named('a'), named('b')];
  let workers: WorkerProcess[] = [];
  const questions = new Questions(() => workers);
  const heard: string[] = [];
  const listener = {
    head: () => undefined,
    data: (chunk: Buffer) => heard.push(chunk.toString()),
    end: () => heard.push('end'),
    failed: () => heard.push('failed'),
    moved: () => heard.push('moved'),
  };
  const waiting = questions.ask(questionTo(1), listener);
  assert.deepEqual(told, []);
  workers = [a, b];
  questions.workerReady();
  questions.said({ type: 'answer', id: 1, event: 'data', base64: 'YQ==' });
  // It fell silent: whoever asked gives up and asks anew.
  waiting();
  questions.said({ type: 'answer', id: 1, event: 'data', base64: 'Yg==' });
  questions.ask(questionTo(1), listener);
  questions.workerLeaves(b);
  questions.said({ type: 'answer', id: 2, event: 'end', leaving: false });
  assert.deepEqual(told, ['a ask', 'a took', 'a unask', 'b ask', 'b unask']);
  assert.deepEqual(heard, ['a', 'moved']);
});

test('what nobody takes waits in the worker: of a flood no more than a cap is on its way', async () => {
  let sent = 0;
  await using peer = await h2Server(
    (stream) => {
      stream.respond({ ':status': 200 });
      const pour = () => {
        sent += 16_384;
        if (stream.write(Buffer.alloc(16_384, 0x0a))) setImmediate(pour);
        else stream.once('drain', pour);
      };
      pour();
    },
    { ...childNode, ca: [root.certificate], requestCert: true, minVersion: 'TLSv1.3' },
  );
  const engine = new Engine({ clock: systemClock, log: () => undefined, onEndpointFailure: () => undefined });
  let bytes = 0;
  let taken = 0;
  const answers = new Answers(engine, (message: FromWorker) => {
    if (message.type === 'answer' && message.event === 'data')
      bytes += Buffer.byteLength(message.base64, 'base64');
  });
  answers.handle({ type: 'ask', id: 1, question: questionTo(peer.port) });
  for (let i = 0; i < 20; i++) {
    await eventually(() => bytes - taken >= 65_536, 'a full window');
    // The peer's own window is larger: it goes on sending, and still nothing more is told.
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.ok(bytes - taken < 65_536 + 16_384, `${bytes - taken} bytes on their way`);
    const now = bytes;
    answers.handle({ type: 'took', id: 1, bytes: now - taken });
    taken = now;
  }
  assert.ok(sent > taken);
  answers.handle({ type: 'unask', id: 1 });
  await eventually(() => peer.open() === 0, 'the connection to be closed');
  engine.close();
});
