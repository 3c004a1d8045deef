/** Picks an address out of X-Forwarded-For, counted from the right as Traefik does. */
import type { IpRanges } from './ip-ranges.ts';

/** The `depth`th element from the right, 1 being the last; '' when there are fewer. */
export function atDepth(list: string, depth: number): string {
  let end = list.length;
  for (let i = 1; i < depth; i++) {
    end = lastComma(list, end);
    if (end < 0) return '';
  }
  return list.slice(lastComma(list, end) + 1, end).trim();
}

/** The first element from the right that is not in `excluded`, empty ones apart; '' when there is none. */
export function firstBut(list: string, excluded: IpRanges): string {
  for (let end = list.length; end >= 0; ) {
    const comma = lastComma(list, end);
    const element = list.slice(comma + 1, end).trim();
    if (element !== '' && !excluded.has(element)) return element;
    end = comma;
  }
  return '';
}

/**
 * The list as it came: `list` without the peer that the gateway has put at its end. A middleware may have written another list,
 * which then counts as a whole.
 */
export function withoutPeer(list: string, peer: string): string {
  if (!list.endsWith(peer)) return list;
  if (list.length === peer.length) return '';
  const comma = list.length - peer.length - 2;
  return list.startsWith(', ', comma) ? list.slice(0, comma) : list;
}

/** Position of the last comma before `end`; -1 when there is none. */
function lastComma(list: string, end: number): number {
  return end === 0 ? -1 : list.lastIndexOf(',', end - 1);
}
