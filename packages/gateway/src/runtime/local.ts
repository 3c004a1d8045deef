/** The data plane served in this process. */
import { DefaultCertificate } from '../entrypoint/default-certificate.ts';
import { handlePort, type ListenHandle, openListenHandles } from '../entrypoint/listen-handle.ts';
import type { Model } from '../model/model.ts';
import { Asked } from './asked.ts';
import type {
  AnswerListener,
  DataPlane,
  EndpointFailure,
  Patch,
  PublishedDocument,
  Stats,
  UplinkQuestion,
} from './data-plane.ts';
import { drain } from './drain.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { processStats, sumStats } from './stats.ts';

export class LocalDataPlane implements DataPlane {
  readonly ports = new Map<string, number>();
  readonly #engine: Engine;
  readonly #listeners: ((failure: EndpointFailure) => void)[] = [];
  readonly #open = new Map<string, ListenHandle>();
  readonly #defaultCertificate: DefaultCertificate;

  constructor(options: Omit<EngineOptions, 'onEndpointFailure'>) {
    this.#defaultCertificate = new DefaultCertificate(options.log);
    this.#engine = new Engine({
      ...options,
      onEndpointFailure: (failure) => {
        for (const listener of this.#listeners) listener(failure);
      },
    });
  }

  async apply(asked: Model): Promise<void> {
    const model = this.#defaultCertificate.complete(asked, this.#engine.clock.now());
    // Ports first: a port that is taken must change nothing.
    const opened = openListenHandles(model.entryPoints, this.#open);
    try {
      this.#engine.apply(model);
    } catch (error) {
      for (const { handle } of opened) handle.close();
      throw error;
    }
    for (const { entryPoint, handle } of opened) {
      this.#open.set(entryPoint.name, handle);
      this.ports.set(entryPoint.name, handlePort(handle));
      await this.#engine.listen(entryPoint, handle);
    }
  }

  patch(patch: Patch): Promise<void> {
    this.#engine.patch(patch);
    return Promise.resolve();
  }

  publish(document: PublishedDocument): void {
    this.#engine.publish(document);
  }

  ask(question: UplinkQuestion, listener: AnswerListener): () => void {
    const asked = new Asked(this.#engine, question, listener);
    return () => asked.close();
  }

  onEndpointFailure(listener: (failure: EndpointFailure) => void): void {
    this.#listeners.push(listener);
  }

  stats(): Promise<Stats> {
    return Promise.resolve(sumStats([processStats(this.#engine)], [], []));
  }

  async drain(options: { lameDuckMs: number; graceMs: number }): Promise<{ cut: number }> {
    return { cut: await drain(this.#engine, options) };
  }

  rollWorkers(): Promise<void> {
    // There are none: a restart of the process is what rolls this one.
    return Promise.resolve();
  }
}
