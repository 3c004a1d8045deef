/** Whom a request counts as coming from: `sourceCriterion` as a function. */
import type { Exchange } from '../http/exchange.ts';
import { getHeader } from '../http/headers.ts';
import type { AddressSource, SourceModel } from '../model/middleware/source-criterion.ts';
import { subnetOf } from '../net/subnet.ts';
import { atDepth, firstBut, withoutPeer } from './forwarded-for.ts';
import { IpRanges } from './ip-ranges.ts';

/** '' for requests that do not say; they are all of one source. */
export type Source = (exchange: Exchange) => string;

/** A source with a longer name is known by its digest: hostile ones must not fill the memory. */
const longest = 128;

export function compileSource(model: SourceModel): Source {
  switch (model.by) {
    case 'host':
      return ({ request }) => request.host;
    case 'header': {
      const { name } = model;
      return ({ request }) => short(getHeader(request.headers, name) ?? '');
    }
    case 'address': {
      const address = compileAddress(model);
      return model.depth === 0 && model.excludedIPs.length === 0
        ? address
        : (exchange) => short(address(exchange));
    }
  }
}

/** The client's address; of X-Forwarded-For it is whatever is written there. */
export function compileAddress({ depth, excludedIPs, ipv6Subnet }: AddressSource): Source {
  if (depth > 0) {
    const pick: Source = (exchange) => atDepth(cameFrom(exchange), depth);
    return ipv6Subnet === 128 ? pick : (exchange) => subnetOf(pick(exchange), ipv6Subnet);
  }
  if (excludedIPs.length > 0) {
    const excluded = new IpRanges(excludedIPs);
    return (exchange) => firstBut(cameFrom(exchange), excluded);
  }
  if (ipv6Subnet === 128) return ({ request }) => request.clientAddress;
  return ({ request }) => subnetOf(request.clientAddress, ipv6Subnet);
}

/** X-Forwarded-For as the request brought it. */
function cameFrom({ request, facts }: Exchange): string {
  const list = getHeader(request.headers, 'x-forwarded-for') ?? '';
  return facts.forwarding?.notAppendXForwardedFor === true ? list : withoutPeer(list, facts.peerAddress);
}

function short(source: string): string {
  return source.length <= longest ? source : digest(source);
}

function digest(text: string): string {
  // Loaded only for who needs it: a worker has no memory for what it does not use.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(text).digest('base64');
}
