/** Questions to a child's uplink entrypoint in a test, and what was heard of the answers. */
import type { TransportModel } from '../model/model.ts';
import type { AnswerHead, AnswerListener, DataPlane, UplinkQuestion } from '../runtime/data-plane.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { endpointModel, loadBalancer, modelOf, transport } from './models.ts';
import { childUri, parent, root, uplinkModel } from './uplinks.ts';

/** The path of the document that `childGateway` publishes. */
export const documentPath = '/document';

/** The parent's way to the child. */
export function childTransport(more: Partial<TransportModel> = {}): TransportModel {
  return transport({
    name: ['vm-1', 'multicluster'],
    certificate: { ...parent },
    roots: [root.certificate],
    peerUri: childUri,
    minVersion: 'TLSv1.3',
    ...more,
  });
}

/** A child that publishes a document with a quick heartbeat, before the workload at `port`. */
export async function childGateway(port: number): Promise<TestGateway> {
  const gateway = await startGateway({ model: uplinkModel({ ports: [port] }) });
  gateway.plane.publish({ path: documentPath, body: '{"n":1}', heartbeatMs: 20 });
  return gateway;
}

/** A parent's model that sends everything to the child's uplink at `port`. */
export function parentModel(port: number) {
  const service = loadBalancer('s', [endpointModel(port, { scheme: 'https' })], {
    requestHeaders: [['ficus-uplink', 'shop']],
    uplink: true,
  });
  return { ...modelOf({ services: [service] }), transports: [childTransport()] };
}

export function questionTo(port: number, more: Partial<UplinkQuestion> = {}): UplinkQuestion {
  return {
    transport: childTransport(),
    host: '127.0.0.1',
    port,
    path: documentPath,
    query: 'watch',
    headers: [],
    fresh: false,
    ...more,
  };
}

/** Asks, and asks again whenever the answer is moved. */
export class Heard implements AnswerListener {
  readonly heads: AnswerHead[] = [];
  readonly failures: string[] = [];
  text = '';
  moves = 0;
  ends: boolean[] = [];
  readonly #plane: DataPlane;
  readonly #question: UplinkQuestion;
  #close: () => void;

  constructor(plane: DataPlane, question: UplinkQuestion) {
    this.#plane = plane;
    this.#question = question;
    this.#close = plane.ask(question, this);
  }

  head(head: AnswerHead): void {
    this.heads.push(head);
  }
  data(chunk: Buffer): void {
    this.text += chunk.toString();
  }
  end(leaving: boolean): void {
    this.ends.push(leaving);
  }
  failed(code: string, detail: string): void {
    this.failures.push(`${code} ${detail}`);
  }
  moved(): void {
    this.moves++;
    this.#close = this.#plane.ask(this.#question, this);
  }
  /** Documents heard, heartbeats left out. */
  get documents(): number {
    return this.text.split('\n').filter((line) => line !== '').length;
  }
  [Symbol.dispose](): void {
    this.#close();
  }
}
