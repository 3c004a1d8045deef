/** `tls.certificates`, `tls.stores` and `tls.options` → what the data plane is told of TLS. */

import type { TlsOptionsConfig } from '../config/tls.ts';
import { curves as curveNames } from '../config/tls-names.ts';
import type { CertificateModel, QName } from './model.ts';
import { certificateOf, isCertificateList, pemOf } from './pem.ts';
import { Names, type Resolution, reference, showName } from './resolution.ts';
import type { DynamicSource } from './resolve-input.ts';
import { tlsLimitsOf } from './tls-limits.ts';
import { type ClientAuth, defaultTlsOptions, type TlsModel, type TlsOptionsModel } from './tls-models.ts';

/** The name that belongs to no provider, in Traefik too. */
const defaultName = 'default';

export class TlsOptions {
  /** The first is `default`. */
  readonly models: TlsOptionsModel[] = [defaultTlsOptions];
  /** Indexes; undefined for those that are disabled. `default` has the provider ''. */
  readonly #indexes = new Names<number | undefined>();
  readonly #resolution: Resolution;

  constructor(sources: readonly DynamicSource[], resolution: Resolution) {
    this.#resolution = resolution;
    this.#indexes.add([defaultName, ''], 0);
    let owner: string | undefined;
    for (const source of sources) {
      for (const [name, config] of Object.entries(source.config.tls?.options ?? {})) {
        if (name !== defaultName) {
          this.#declare(name, config, source);
        } else if (owner === undefined) {
          owner = source.provider;
          this.#declareDefault(config, source);
        } else {
          // Whose rules would be kept? Nobody's: Traefik does the same.
          this.#disable(
            defaultName,
            `provider ${JSON.stringify(owner)} has TLS options "default" too`,
            source,
            [],
          );
          this.#indexes.add([defaultName, ''], undefined);
        }
      }
    }
  }

  /** Index of the options that `written` names in `provider`, or why there are none. */
  find(written: string, provider: string): number | { readonly missing: string } {
    const wanted = written === defaultName ? ([defaultName, ''] as const) : reference(written, provider);
    const index = this.#indexes.get(wanted);
    if (index !== undefined) return index;
    if (this.#indexes.has(wanted)) return { missing: `TLS options ${JSON.stringify(written)} are disabled` };
    const missing = this.#indexes.missing('TLS options', written, wanted);
    return { missing: wanted[0] === defaultName ? `${missing}: "default" belongs to no provider` : missing };
  }

  #declare(name: string, config: TlsOptionsConfig, source: DynamicSource): void {
    const qname: QName = [name, source.provider];
    const model = this.#modelOf(showName(qname), config, source);
    this.#indexes.add(qname, model && this.models.push(model) - 1);
  }

  #declareDefault(config: TlsOptionsConfig, source: DynamicSource): void {
    const model = this.#modelOf(defaultName, config, source);
    if (model === undefined) this.#indexes.add([defaultName, ''], undefined);
    else this.models[0] = model;
  }

  #modelOf(name: string, config: TlsOptionsConfig, source: DynamicSource): TlsOptionsModel | undefined {
    const refuse = (reason: string, path: readonly (string | number)[]): undefined =>
      this.#disable(name, reason, source, path);
    const { clientAuth } = config;
    const limits = tlsLimitsOf(config);
    if ('refused' in limits) return refuse(limits.refused, limits.path);
    const roots: string[] = [];
    for (const [index, file] of (clientAuth?.caFiles ?? []).entries()) {
      const root = pemOf(file, source);
      const path = ['clientAuth', 'caFiles', index];
      if (root === undefined) return refuse('the file was not read', path);
      if (!isCertificateList(root)) return refuse('the file holds no PEM certificate', path);
      roots.push(root);
    }
    const asked =
      clientAuths[
        clientAuth?.clientAuthType ?? (roots.length > 0 ? 'RequireAndVerifyClientCert' : 'NoClientCert')
      ];
    if (roots.length === 0 && (asked === 'verifyIfGiven' || asked === 'requireAndVerify')) {
      const reason = `${clientAuth?.clientAuthType} needs caFiles: whose certificates are good?`;
      return refuse(reason, ['clientAuth', 'clientAuthType']);
    }
    const alpn = (config.alpnProtocols ?? []).filter((protocol) => protocol !== 'acme-tls/1');
    return {
      name,
      ...limits,
      curves: [...new Set((config.curvePreferences ?? []).map((curve) => curveNames.get(curve) ?? curve))],
      clientAuth: asked,
      clientRoots: asked === 'none' ? [] : roots,
      sniStrict: config.sniStrict ?? false,
      alpn: alpn.length > 0 ? alpn : defaultTlsOptions.alpn,
      sessionTickets: config.disableSessionTickets !== true,
    };
  }

  #disable(
    name: string,
    reason: string,
    source: DynamicSource,
    path: readonly (string | number)[],
  ): undefined {
    const written = name === defaultName ? name : name.slice(0, name.lastIndexOf('@'));
    this.#resolution.disable('tlsOptions', name, reason, {
      source,
      path: ['tls', 'options', written, ...path],
    });
  }
}

type ClientAuthType = NonNullable<NonNullable<TlsOptionsConfig['clientAuth']>['clientAuthType']>;

const clientAuths: Readonly<Record<ClientAuthType, ClientAuth>> = {
  NoClientCert: 'none',
  RequestClientCert: 'request',
  RequireAnyClientCert: 'requireAny',
  VerifyClientCertIfGiven: 'verifyIfGiven',
  RequireAndVerifyClientCert: 'requireAndVerify',
};

/** Every certificate that serves; the others are disabled alone. */
export function resolveCertificates(
  sources: readonly DynamicSource[],
  resolution: Resolution,
): CertificateModel[] {
  const models: CertificateModel[] = [];
  for (const source of sources) {
    for (const [index, pair] of (source.config.tls?.certificates ?? []).entries()) {
      const name = `tls.certificates[${index}]@${source.provider}`;
      const model = certificate(pair, source, ['tls', 'certificates', index], name, resolution);
      if (model !== undefined) models.push(model);
    }
  }
  return models;
}

/** `Model.tls`; undefined when nobody has written anything of it. */
export function resolveTls(
  sources: readonly DynamicSource[],
  options: TlsOptions,
  resolution: Resolution,
): TlsModel | undefined {
  let fallback: CertificateModel | undefined;
  for (const source of sources) {
    const pair = source.config.tls?.stores?.[defaultName]?.defaultCertificate;
    if (pair === undefined) continue;
    const path = ['tls', 'stores', defaultName, 'defaultCertificate'];
    const name = `tls.stores.default.defaultCertificate@${source.provider}`;
    const model = certificate(pair, source, path, name, resolution);
    if (fallback === undefined) fallback = model;
    else
      resolution.disable('certificate', name, 'another provider has a default certificate too', {
        source,
        path,
      });
  }
  if (fallback === undefined && options.models.length === 1 && options.models[0] === defaultTlsOptions)
    return undefined;
  return { ...(fallback === undefined ? {} : { defaultCertificate: fallback }), options: options.models };
}

function certificate(
  pair: { readonly certFile: string; readonly keyFile: string },
  source: DynamicSource,
  path: readonly (string | number)[],
  name: string,
  resolution: Resolution,
): CertificateModel | undefined {
  const cert = pemOf(pair.certFile, source);
  const key = pemOf(pair.keyFile, source);
  const model =
    cert === undefined || key === undefined ? 'a certificate file was not read' : certificateOf(cert, key);
  if (typeof model !== 'string') return model;
  resolution.disable('certificate', name, model, { source, path });
  return undefined;
}
