/** Which aggregated services bring a client back to the child that has its session. */
import type { StickyConfig } from '@ficus/gateway/config/service-kinds/sticky.ts';
import type { StickyModel } from '@ficus/gateway/model/service/models.ts';
import { stickyModel } from '@ficus/gateway/model/service/sticky.ts';
import { aggregatedService } from './mesh-model.ts';

/** `uplinks`: as configured, by exposed name. The cookie's name is made from `<name>@multicluster` where none is given. */
export function stickyUplinks(
  uplinks: Readonly<Record<string, { readonly sticky?: StickyConfig }>>,
): (uplink: string) => StickyModel | undefined {
  const models = new Map(
    Object.entries(uplinks).flatMap(([name, { sticky }]) =>
      sticky === undefined ? [] : [[name, stickyModel(aggregatedService(name), sticky)] as const],
    ),
  );
  return (uplink) => models.get(uplink);
}
