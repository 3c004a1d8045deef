/** Every route of a parent's admin API. */
import { installRoutes } from '../install/admin-route.ts';
import type { AdminContext, Routes, RunningContext } from './context.ts';
import { withDocument } from './document-routes.ts';
import { explainRoutes } from './explain-routes.ts';
import { legRoutes } from './leg-routes.ts';
import { readRoutes } from './read-routes.ts';
import { runningRoutes } from './running-routes.ts';
import { traefikRoutes } from './traefik-routes.ts';
import { trustRoutes } from './trust-routes.ts';

/** Of a parent that has no children and never will: what is about them is not there. */
export const plainRoutes = withDocument<RunningContext>([runningRoutes, explainRoutes, traefikRoutes]);

export const allRoutes: readonly Routes<AdminContext>[] = withDocument<AdminContext>([
  runningRoutes,
  explainRoutes,
  traefikRoutes,
  readRoutes,
  legRoutes,
  trustRoutes,
  installRoutes,
]);
