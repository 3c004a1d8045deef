/** The orders service, taken out of the monolith: same paths, same answers, its own process. `node server.ts --port 8081` */
import { serve } from '../workload.ts';

const orders = [
  { id: 1, article: 'fig tree', amount: 2 },
  { id: 2, article: 'flower pot', amount: 1 },
];

serve(
  {
    name: 'orders',
    answer(request) {
      const path = new URL(request.url ?? '/', 'http://orders').pathname;
      if (path === '/health') return { status: 'ok' };
      if (path === '/orders') return { orders };
      const order = orders.find((one) => path === `/orders/${one.id}`);
      return order === undefined ? undefined : { order };
    },
  },
  8081,
);
