/** `GET /v1/install` of the admin API: what a new machine needs to know of this parent. */
import type { InstallStatus } from '@ficus/common/api/install.ts';
import type { Routes } from '../admin/context.ts';
import { ref, route } from '../admin/route-schema.ts';

export const installRoutes: Routes = (app, { install, joinUrl, joinNames, authority }) => {
  app.get(
    '/v1/install',
    route(
      'getInstall',
      'what a new machine downloads from the join listener, and how it checks that',
      ref('InstallStatus'),
    ),
    (): InstallStatus => ({
      joinUrl,
      caPin: authority.pin,
      roots: authority.roots,
      names: joinNames,
      ...install(),
    }),
  );
};
