/** Routers that were written and are in no table, so that no request can reach them. */
import type { AbsentRouter } from '@ficus/common/api/explain.ts';
import { showName } from '../model/resolution.ts';
import type { ModelView } from './view.ts';

/** Those with a rule that cannot be read, say. As a part of an answer: nothing when there are none. */
export function absentRouters({ model, disabled }: ModelView): { readonly absent?: readonly AbsentRouter[] } {
  const wrong = disabled.filter(({ kind }) => kind === 'router');
  if (wrong.length === 0) return {};
  const present = new Set(model.routers.map(({ name }) => showName(name)));
  const errors = new Map<string, string[]>();
  for (const { name, reason } of wrong) {
    if (present.has(name)) continue;
    const known = errors.get(name);
    if (known === undefined) errors.set(name, [reason]);
    else if (!known.includes(reason)) known.push(reason);
  }
  return errors.size === 0 ? {} : { absent: [...errors].map(([name, error]) => ({ name, error })) };
}
