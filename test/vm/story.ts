/** The stories, in order, on one parent and one VM after the other. Run by ./run.ts. */
import { test } from 'node:test';
import { firstBootStory } from './first-boot.ts';
import { usedTokenStory, wrongClockStory } from './refused-joins.ts';
import { userDataFor } from './scene.ts';
import { Site } from './site.ts';

/** Of a story: in software, on a machine that has other things to do. */
const timeout = 15 * 60_000;

await using site = await Site.open((text) => console.log(text));
const userData = await userDataFor(site.parent, 'vm-1', site.uplinkPort);
console.log(`user-data: ${Buffer.byteLength(userData)} bytes`);

await test('a VM comes up by itself', { timeout }, (t) => firstBootStory(t, site, userData));
await test('a second VM with the same user-data is refused', { timeout }, (t) =>
  usedTokenStory(t, site, userData),
);
await test('a VM whose clock is an hour behind', { timeout }, (t) => wrongClockStory(t, site));
