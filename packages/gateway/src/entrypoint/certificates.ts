/** The certificates of one model by server name, loaded once however many entrypoints, options and reloads share them. */
import { createSecureContext, type SecureContext } from 'node:tls';
import type { CertificateModel, Model } from '../model/model.ts';
import { defaultTlsOptions, type TlsOptionsModel } from '../model/tls-models.ts';
import { contextOptions } from './tls-context.ts';

/** One certificate, with a context for each set of roots that clients' certificates are held against. */
class Shown {
  readonly #certificate: CertificateModel;
  readonly #unasked: SecureContext;
  readonly #byRoots = new Map<string, SecureContext>();

  /** Throws when certificate or key can't be loaded. */
  constructor(certificate: CertificateModel) {
    this.#certificate = certificate;
    this.#unasked = createSecureContext(contextOptions(defaultTlsOptions, certificate));
  }

  /** Certificate and roots are all that Node takes from it: the rest is settled before the name is looked at. */
  context(options: TlsOptionsModel): SecureContext {
    if (options.clientRoots.length === 0) return this.#unasked;
    const key = options.clientRoots.join('');
    let context = this.#byRoots.get(key);
    if (context === undefined) {
      context = createSecureContext(contextOptions(options, this.#certificate));
      this.#byRoots.set(key, context);
    }
    return context;
  }
}

export class Certificates {
  /** Of the model; the first is `default`. */
  readonly options: readonly TlsOptionsModel[];
  /** Shown for names that no certificate is for. */
  readonly fallback: CertificateModel | undefined;
  readonly #byName = new Map<string, Shown>();
  readonly #loaded = new Map<string, Shown>();

  /** Throws, here and never at a handshake, when certificates or options can't be loaded. `before`: what is loaded already. */
  constructor(model: Pick<Model, 'certificates' | 'tls'>, before?: Certificates) {
    this.options = model.tls?.options ?? [defaultTlsOptions];
    this.fallback = model.tls?.defaultCertificate ?? model.certificates[0];
    for (const certificate of model.certificates) {
      const shown = this.#load(certificate, before);
      // Of several for one name the first, as in Traefik.
      for (const name of certificate.names) if (!this.#byName.has(name)) this.#byName.set(name, shown);
    }
    if (this.fallback !== undefined) this.#load(this.fallback, before);
    for (const options of this.options) createSecureContext(contextOptions(options, undefined));
  }

  /** What to show for `name` (canonical): an exact certificate, or a wildcard's of one label. */
  find(name: string, options: TlsOptionsModel): SecureContext | undefined {
    let shown = this.#byName.get(name);
    if (shown === undefined) {
      const dot = name.indexOf('.');
      if (dot > 0) shown = this.#byName.get(`*${name.slice(dot)}`);
    }
    return shown?.context(options);
  }

  #load(certificate: CertificateModel, before: Certificates | undefined): Shown {
    const key = `${certificate.cert}\0${certificate.key}`;
    let shown = this.#loaded.get(key);
    if (shown === undefined) {
      shown = (before === undefined ? undefined : before.#loaded.get(key)) ?? new Shown(certificate);
      this.#loaded.set(key, shown);
    }
    return shown;
  }
}
