/** Puts this node's certificate into the uplink entrypoints of a model, and takes it out. Pure. */
import type { Model, UplinkEntryPointModel } from '@ficus/gateway/model/model.ts';

/** What an uplink entrypoint shows and whom it believes. */
export interface UplinkIdentity {
  readonly certificate: { readonly cert: string; readonly key: string };
  /** Trust bundle, PEM each. */
  readonly roots: readonly string[];
  /** SPIFFE IDs of the parents that may connect. */
  readonly peers: readonly string[];
}

export function withIdentity(model: Model, { certificate, roots, peers }: UplinkIdentity): Model {
  return mapUplinks(model, { certificate: { names: [], ...certificate }, roots, peers });
}

export function withoutIdentity(model: Model): Model {
  return mapUplinks(model, { certificate: { names: [], cert: '', key: '' }, roots: [], peers: [] });
}

function mapUplinks(model: Model, change: Partial<UplinkEntryPointModel>): Model {
  const entryPoints = model.entryPoints.map((entryPoint) =>
    entryPoint.uplink === undefined
      ? entryPoint
      : { ...entryPoint, uplink: { ...entryPoint.uplink, ...change } },
  );
  return { ...model, entryPoints };
}
