/** Requests on their way through services, written by hand. */
import type { RequestHead } from '../http/message.ts';
import type { Endpoint } from '../service/endpoint.ts';
import type { Pick, Picked } from '../service/service.ts';

/** A GET from 192.0.2.1; `fields`: names and values. */
export function requestHead(
  fields: Readonly<Record<string, string>> = {},
  more: Partial<RequestHead> = {},
): RequestHead {
  return {
    method: 'GET',
    path: '/',
    query: undefined,
    authority: 'shop.example',
    host: 'shop.example',
    headers: Object.entries(fields).flatMap(([name, value]) => [name.toLowerCase(), value, name]),
    clientAddress: '192.0.2.1',
    secure: false,
    ...more,
  };
}

/** A request that nothing was picked for so far. */
export function newPick(request: RequestHead = requestHead(), tried?: Endpoint[]): Pick {
  return {
    request,
    tried,
    leg: undefined,
    cookies: undefined,
    guards: undefined,
    rescues: undefined,
    mirrored: undefined,
    mirroring: undefined,
  };
}

/** The port of the endpoint that `service` picks. */
export function pickedPort(
  service: { pick(pick: Pick): Picked | undefined },
  pick = newPick(),
): number | undefined {
  return (service.pick(pick) as Endpoint | undefined)?.model.port;
}
