/** A billing service on a VM that nobody configured: the demo's child finds it through Prism Central. `node server.ts --port 8082` */
import { serve } from '../workload.ts';

const invoices = [{ id: 1, order: 1, amount: '48.00' }];

serve(
  {
    name: 'billing',
    answer(path) {
      if (path === '/health') return { status: 'ok' };
      return path === '/billing' ? { invoices } : undefined;
    },
  },
  8082,
);
