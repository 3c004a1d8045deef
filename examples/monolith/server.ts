/** The monolith of the story: it does everything, orders included. `node server.ts --port 8080` */
import { answerOrders } from '../orders.ts';
import { serve } from '../workload.ts';

serve(
  {
    name: 'monolith',
    answer(path) {
      if (path === '/' || path === '/health') return { status: 'ok' };
      if (path === '/customers') return { customers: [{ id: 7, name: 'Ada' }] };
      return answerOrders(path);
    },
  },
  8080,
);
