/** The certificates of one model by server name, loaded once however many entrypoints, options and reloads share them. */
import { createSecureContext, type SecureContext } from 'node:tls';
import type { CertificateModel, Model } from '../model/model.ts';
import { defaultTlsOptions, type TlsOptionsModel } from '../model/tls-models.ts';
import { contextOptions, namedContextKey, oneOfEachType } from './tls-context.ts';

const usual = namedContextKey(defaultTlsOptions);

/** What is shown for one server name, with a context for each kind of options that has asked for one. */
class Shown {
  readonly certificates: readonly CertificateModel[];
  readonly #contexts = new Map<string, SecureContext>();

  /** Throws when a certificate or key can't be loaded. */
  constructor(certificates: readonly CertificateModel[]) {
    this.certificates = oneOfEachType(certificates);
    this.#contexts.set(usual, createSecureContext(contextOptions(defaultTlsOptions, this.certificates)));
  }

  context(options: TlsOptionsModel, key: string): SecureContext {
    let context = this.#contexts.get(key);
    if (context === undefined) {
      context = createSecureContext(contextOptions(options, this.certificates));
      this.#contexts.set(key, context);
    }
    return context;
  }
}

export class Certificates {
  /** Of the model; the first is `default`. */
  readonly options: readonly TlsOptionsModel[];
  /** Shown for names that no certificate is for. */
  readonly fallback: readonly CertificateModel[];
  readonly #byName = new Map<string, Shown>();
  readonly #loaded = new Map<string, Shown>();

  /** Throws, here and never at a handshake, when certificates or options can't be loaded. `before`: what is loaded already. */
  constructor(model: Pick<Model, 'certificates' | 'tls'>, before?: Certificates) {
    this.options = model.tls?.options ?? [defaultTlsOptions];
    const fallback = model.tls?.defaultCertificate ?? model.certificates[0];
    this.fallback = fallback === undefined ? [] : [fallback];
    const byName = new Map<string, CertificateModel[]>();
    for (const certificate of model.certificates) {
      for (const name of certificate.names) {
        const others = byName.get(name);
        if (others === undefined) byName.set(name, [certificate]);
        else others.push(certificate);
      }
    }
    for (const [name, certificates] of byName) this.#byName.set(name, this.#load(certificates, before));
    // Those without any name too: a mistake in them is a mistake of the model.
    for (const certificate of [...this.fallback, ...model.certificates]) this.#load([certificate], before);
    for (const options of this.options) createSecureContext(contextOptions(options, []));
  }

  /** What to show for `name` (canonical): an exact certificate, or a wildcard's of one label. */
  find(name: string, options: TlsOptionsModel, key: string): SecureContext | undefined {
    let shown = this.#byName.get(name);
    if (shown === undefined) {
      const dot = name.indexOf('.');
      if (dot > 0) shown = this.#byName.get(`*${name.slice(dot)}`);
    }
    return shown?.context(options, key);
  }

  #load(certificates: readonly CertificateModel[], before: Certificates | undefined): Shown {
    const key = JSON.stringify(certificates.map(({ cert, key }) => [cert, key]));
    let shown = this.#loaded.get(key);
    if (shown === undefined) {
      shown = (before === undefined ? undefined : before.#loaded.get(key)) ?? new Shown(certificates);
      this.#loaded.set(key, shown);
    }
    return shown;
  }
}
