/** Sticky cookies with their defaults filled in. */
import { createHash } from 'node:crypto';
import type { StickyConfig } from '../../config/service-kinds/sticky.ts';
import type { QName } from '../model.ts';
import type { StickyModel } from './models.ts';

export function stickyModel([name, provider]: QName, { cookie }: StickyConfig): StickyModel {
  const attributes = [`Path=${cookie.path ?? '/'}`];
  if (cookie.domain !== undefined) attributes.push(`Domain=${cookie.domain}`);
  if (cookie.maxAge !== undefined && cookie.maxAge !== 0)
    attributes.push(`Max-Age=${Math.max(0, cookie.maxAge)}`);
  if (cookie.httpOnly === true) attributes.push('HttpOnly');
  if (cookie.secure === true) attributes.push('Secure');
  if (cookie.sameSite !== undefined) attributes.push(`SameSite=${sameSite[cookie.sameSite]}`);
  return {
    cookie: cookie.name ?? defaultName(`${name}@${provider}`),
    attributes: attributes.map((each) => `; ${each}`).join(''),
  };
}

const sameSite = { none: 'None', lax: 'Lax', strict: 'Strict' } as const;

/** As Traefik makes it: a client keeps its session when the gateway is changed. */
function defaultName(service: string): string {
  return `_${createHash('sha1').update(`_TRAEFIK_BACKEND_${service}`).digest('hex').slice(0, 5)}`;
}
