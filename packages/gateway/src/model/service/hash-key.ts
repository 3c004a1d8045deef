/** What `hashOn` names. */
import type { HashKey } from './models.ts';

/** Of a text that its format has let through. */
export function hashKeyOf(written: string): HashKey {
  const colon = written.indexOf(':');
  if (colon < 0) return { from: 'clientIP' };
  const from = written.slice(0, colon) as 'header' | 'cookie' | 'query';
  const name = written.slice(colon + 1);
  return { from, name: from === 'header' ? name.toLowerCase() : name };
}
