/** The entrypoint that a request comes by: the one that is named, or what its URL says. */
import { parseAddress } from '@ficus/common/config/formats.ts';
import { didYouMean } from '@ficus/common/config/nearest.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { EntryPointModel } from '../model/model.ts';

/** Throws `explain.no-entrypoint` when there is none of that name. */
export function namedEntryPoint(name: string, entryPoints: readonly EntryPointModel[]): EntryPointModel {
  const found = entryPoints.find((each) => each.name === name);
  if (found !== undefined) return found;
  const known = entryPoints.map((each) => each.name);
  throw noEntryPoint(
    `no entrypoint ${JSON.stringify(name)}${didYouMean(name, known)}`,
    `the entrypoints are ${listed(entryPoints)}`,
  );
}

/** Throws `explain.no-entrypoint` when none takes such a URL, or more than one. */
export function chooseEntryPoint(
  url: { readonly secure: boolean; readonly port: number },
  entryPoints: readonly EntryPointModel[],
): EntryPointModel {
  const open = entryPoints.filter((each) => each.uplink === undefined);
  const fitting = open.filter((each) => (url.secure ? each.tls : !each.tls || each.clear === true));
  const onPort = fitting.filter(({ address }) => parseAddress(address)?.port === url.port);
  // A port that no entrypoint has is what a balancer in front listens on.
  const candidates = onPort.length > 0 ? onPort : fitting;
  if (candidates.length === 1) return candidates[0] as EntryPointModel;
  // The only door there is: what came over TLS to a proxy in front comes this way, too.
  const doors = open.length > 0 ? open : entryPoints;
  if (doors.length === 1) return doors[0] as EntryPointModel;
  const scheme = url.secure ? 'https' : 'http';
  throw noEntryPoint(
    candidates.length === 0
      ? `no entrypoint takes ${scheme}: there is ${listed(doors)}`
      : `more than one entrypoint takes ${scheme}: ${listed(candidates)}`,
    'say which one with --entrypoint <name>; the scheme then counts for nothing',
  );
}

function listed(entryPoints: readonly EntryPointModel[]): string {
  if (entryPoints.length === 0) return 'none';
  return entryPoints
    .map(
      ({ name, address, tls, clear, uplink }) =>
        `${name} (${address}, ${uplink ? 'uplink' : clear ? 'http and https' : tls ? 'https' : 'http'})`,
    )
    .join(', ');
}

function noEntryPoint(message: string, remedy: string): FicusError {
  return new FicusError('explain.no-entrypoint', message, { remedy, status: 400 });
}
