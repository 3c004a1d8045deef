/** The monolith of the story: it does everything, orders included. `node server.ts --port 8080` */
import { serve } from '../workload.ts';

const orders = [
  { id: 1, article: 'fig tree', amount: 2 },
  { id: 2, article: 'flower pot', amount: 1 },
];

serve(
  {
    name: 'monolith',
    answer(request) {
      const path = new URL(request.url ?? '/', 'http://monolith').pathname;
      if (path === '/' || path === '/health') return { status: 'ok' };
      if (path === '/orders') return { orders };
      if (path === '/customers') return { customers: [{ id: 7, name: 'Ada' }] };
      const order = orders.find((one) => path === `/orders/${one.id}`);
      return order === undefined ? undefined : { order };
    },
  },
  8080,
);
