/** Accepts connections and neither reads from them nor answers. Run: hang.ts <port> */

import { createServer } from 'node:net';

createServer({ pauseOnConnect: true }, (socket) => socket.on('error', () => {})).listen(
  Number(process.argv[2]),
  '127.0.0.1',
);
