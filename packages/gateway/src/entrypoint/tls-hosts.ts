/** Host → the TLS options that its connections are made with. */
import type { EntryPointModel, Model } from '../model/model.ts';
import type { TlsHostsModel, TlsOptionsModel } from '../model/tls-models.ts';

const allDefault: TlsHostsModel = { hosts: [], others: 0 };

/** Those of `entryPoint`, one of `model`'s. */
export function tlsHostsOf(entryPoint: EntryPointModel, options: readonly TlsOptionsModel[]): TlsHosts {
  return new TlsHosts(entryPoint.tlsHosts ?? allDefault, options);
}

/** The same, if a connection made for one host may be wrong for another. */
export function severalTlsHosts(
  entryPoint: EntryPointModel,
  { tls }: Pick<Model, 'tls'>,
): TlsHosts | undefined {
  if (entryPoint.tlsHosts === undefined || tls === undefined) return undefined;
  const hosts = tlsHostsOf(entryPoint, tls.options);
  return hosts.several ? hosts : undefined;
}

export class TlsHosts {
  /** Names of the options that connections are made with. */
  readonly used: ReadonlySet<string>;
  /** Name of the options of hosts that are not listed. */
  readonly others: string;
  readonly #byHost: ReadonlyMap<string, string>;

  constructor({ hosts, others }: TlsHostsModel, options: readonly TlsOptionsModel[]) {
    const nameOf = (index: number) => options[index]!.name;
    this.others = nameOf(others);
    this.#byHost = new Map(hosts.map(([host, index]) => [host, nameOf(index)]));
    this.used = new Set([this.others, ...this.#byHost.values()]);
  }

  /** A connection made for one host may be wrong for another. */
  get several(): boolean {
    return this.used.size > 1;
  }

  /** Name of the options for `host`, lower-case without port: an exact entry before a wildcard's of one label. */
  of(host: string): string {
    const exact = this.#byHost.get(host);
    if (exact !== undefined) return exact;
    const dot = host.indexOf('.');
    return (dot > 0 ? this.#byHost.get(`*${host.slice(dot)}`) : undefined) ?? this.others;
  }
}
