/** For a test: writes weights and tells the parent process about each one once it is stored, until it is killed. */
import { systemClock } from '@ficus/common/clock.ts';
import { by, redemption, type TestStore, unusedToken } from './fixture.ts';
import { openStore } from './open-store.ts';

const file = process.argv[2] as string;
const store = openStore(file, { clock: systemClock });
store.redeemToken(
  redemption({ clock: systemClock } as unknown as TestStore, unusedToken(store, 'vm-1'), 'key'),
);

let weight = 0;
function next(): void {
  weight += 1;
  store.setWeights('orders', { 'vm-1': weight % 1000 }, {}, by);
  process.send?.(weight, next);
}
next();
