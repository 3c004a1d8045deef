/** What changed in place since the model was built: a replaced worker gets it after the model. */
import type { Model } from '../model/model.ts';
import type { Patch } from '../runtime/data-plane.ts';

export class KeptPatches {
  /** The newest of each kind and subject, keyed by the JSON of a tuple. */
  #kept = new Map<string, Patch>();
  /** Grows with every change of what is kept. */
  version = 0;

  keep(patch: Patch): void {
    const key = subject(patch);
    if (key === undefined) return;
    this.version++;
    // Legs are named one by one: an older patch may name others.
    const before = this.#kept.get(key);
    if (patch.kind === 'legs' && before?.kind === 'legs') {
      const legs = new Map([...before.legs, ...patch.legs].map((leg) => [leg.key, leg]));
      this.#kept.set(key, { ...patch, legs: [...legs.values()] });
    } else this.#kept.set(key, patch);
    if (patch.kind === 'endpoints') this.#forgetHealth(patch);
  }

  /** Endpoints that are gone have no health. */
  #forgetHealth({ service, endpoints }: Extract<Patch, { readonly kind: 'endpoints' }>): void {
    for (const [key, kept] of this.#kept) {
      if (kept.kind !== 'health' || JSON.stringify(kept.service) !== JSON.stringify(service)) continue;
      const { host, port } = kept.endpoint;
      if (!endpoints.some((endpoint) => endpoint.host === host && endpoint.port === port))
        this.#kept.delete(key);
    }
  }

  /** The model says all by itself now, save the health of endpoints that it still has. */
  modelApplied(model: Model): void {
    const there = new Set<string>();
    for (const service of model.services) {
      if (service.kind !== 'loadBalancer') continue;
      for (const { host, port } of service.endpoints)
        there.add(JSON.stringify(['health', service.name, host, port]));
    }
    for (const key of this.#kept.keys()) if (!there.has(key)) this.#kept.delete(key);
  }

  all(): readonly Patch[] {
    return [...this.#kept.values()];
  }
}

function subject(patch: Patch): string | undefined {
  switch (patch.kind) {
    case 'legs':
    case 'endpoints':
      return JSON.stringify([patch.kind, patch.service]);
    case 'health':
      return JSON.stringify([patch.kind, patch.service, patch.endpoint.host, patch.endpoint.port]);
    case 'transportCertificate':
      return JSON.stringify([patch.kind, patch.transport]);
    case 'uplinkIdentity':
      return JSON.stringify([patch.kind, patch.entryPoint]);
    case 'closePeer':
      return undefined;
  }
}
