/** The orders, and the answers about them: the monolith and the service taken out of it give the same. */
const orders = [
  { id: 1, article: 'fig tree', amount: 2 },
  { id: 2, article: 'flower pot', amount: 1 },
];

/** The answer to `GET path`; `undefined` when it isn't about orders, or there is no such order. */
export function answerOrders(path: string): object | undefined {
  if (path === '/orders') return { orders };
  const order = orders.find((one) => path === `/orders/${one.id}`);
  return order === undefined ? undefined : { order };
}
