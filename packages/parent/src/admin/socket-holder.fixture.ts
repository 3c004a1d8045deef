/** For a test: listens on a unix socket until it is killed. */
import { createServer } from 'node:net';

createServer().listen(process.argv[2] as string, () => process.send?.('listening'));
