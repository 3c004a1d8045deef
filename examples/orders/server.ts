/** The orders service, taken out of the monolith: same paths, same answers, its own process. `node server.ts --port 8081` */
import { answerOrders } from '../orders.ts';
import { serve } from '../workload.ts';

serve(
  {
    name: 'orders',
    answer: (path) => (path === '/health' ? { status: 'ok' } : answerOrders(path)),
  },
  8081,
);
