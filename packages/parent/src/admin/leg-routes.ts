/** Turning weights and modes, and taking it back: stored first, then put into force. */
import type {
  Applied,
  HistoryEntry,
  ModesRequest,
  UplinkStatus,
  WeightsRequest,
} from '@ficus/common/api/admin.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { type AdminContext, changeOf, type Routes } from './context.ts';
import { object, ref, route } from './route-schema.ts';

const applied = object({
  change: ref('HistoryEntry'),
  uplink: ref('UplinkStatus'),
  appliedByWorkers: { type: 'boolean', description: 'every running worker acknowledged it' },
});

export const legRoutes: Routes = (app, context) => {
  const { store } = context;

  app.put(
    '/v1/uplinks/:name/weights',
    route('setWeights', 'set weights of legs', applied, { body: ref('WeightsRequest'), params: 'name' }),
    async (request) => {
      const { name } = request.params as { name: string };
      const uplink = await knownUplink(context, name);
      const current = Object.fromEntries(uplink.legs.map((leg) => [leg.child, leg.weight]));
      const { weights } = request.body as WeightsRequest;
      return putIntoForce(
        context,
        name,
        store.setWeights(name, weights, current, changeOf(request, context)),
      );
    },
  );

  app.put(
    '/v1/uplinks/:name/modes',
    route('setModes', 'set modes of legs', applied, { body: ref('ModesRequest'), params: 'name' }),
    async (request) => {
      const { name } = request.params as { name: string };
      await knownUplink(context, name);
      const { modes, sessionsForSeconds } = request.body as ModesRequest;
      const sessionsForMs = sessionsForSeconds === undefined ? undefined : sessionsForSeconds * 1000;
      const change = store.setModes(name, modes, changeOf(request, context), sessionsForMs);
      return putIntoForce(context, name, change);
    },
  );

  app.post(
    '/v1/undo',
    route('undo', 'take back the newest change of weights or modes, or the given one', applied, {
      body: ref('UndoRequest'),
    }),
    async (request) => {
      const { seq } = request.body as { seq?: number };
      const { entry, uplink } = store.undo(changeOf(request, context), seq);
      return putIntoForce(context, uplink, entry);
    },
  );
};

/** The change is durable by now: trouble from here on is told, but no reason to call it refused. */
async function putIntoForce(
  { runtime, log }: AdminContext,
  uplink: string,
  change: HistoryEntry,
): Promise<Applied> {
  let appliedByWorkers = false;
  try {
    appliedByWorkers = await runtime.legsChanged(uplink);
  } catch (error) {
    log('error', 'a change is stored but not yet in force', { uplink, seq: change.seq, err: error });
  }
  const { action, actor, reason, seq } = change;
  log('info', 'legs changed', { uplink, action, actor, reason, seq, appliedByWorkers });
  const status = (await runtime.uplinks()).find((one) => one.name === uplink);
  return { change, uplink: status ?? { name: uplink, legs: [] }, appliedByWorkers };
}

/** Advertised by some child, or decided about before. Throws `uplink.unknown`. */
async function knownUplink({ runtime, store }: AdminContext, name: string): Promise<UplinkStatus> {
  const uplinks = await runtime.uplinks();
  const found = uplinks.find((one) => one.name === name);
  if (found !== undefined) return found;
  if (store.legs(name).length > 0) return { name, legs: [] };
  const known = uplinks.slice(0, 10).map((one) => one.name);
  throw new FicusError(
    'uplink.unknown',
    `want an advertised uplink, found ${JSON.stringify(name.slice(0, 80))}`,
    {
      status: 404,
      remedy:
        known.length === 0
          ? 'no child advertises one yet: see "ficus children"'
          : `known: ${known.join(', ')}`,
    },
  );
}
