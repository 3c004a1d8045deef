/** `inFlightReq` as the data plane is told of it. */
import type { InFlightReqConfig } from '../../config/middleware/in-flight-req.ts';
import type { QName } from '../model.ts';
import { resolveSource, type SourceModel } from './source-criterion.ts';

export interface InFlightReqModel {
  readonly kind: 'inFlightReq';
  readonly name: QName;
  /** Requests of one source that may be under way at once. */
  readonly amount: number;
  readonly source: SourceModel;
}

export function resolveInFlightReq(name: QName, config: InFlightReqConfig): InFlightReqModel | string {
  const source = resolveSource(config.sourceCriterion, { by: 'host' });
  if (typeof source === 'string') return source;
  return { kind: 'inFlightReq', name, amount: config.amount, source };
}
