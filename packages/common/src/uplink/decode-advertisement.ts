/** Reads an advertisement from outside bytes: caps first, every field checked, a bad uplink refused alone. */
import { isExposedName, isNodeName } from '../names.ts';
import {
  type AdvertisedUplink,
  type Advertisement,
  advertisementLimits,
  protocolVersions,
} from './advertisement.ts';
import { decodeProvider } from './decode-provider.ts';
import { decodeUplink } from './decode-uplink.ts';
import { found, isRecord, plainText, Refusal, wholeNumber } from './fields.ts';
import { type ProviderState, providerStateLimits } from './provider-state.ts';

/** Why a document or one of its uplinks was refused. `code` is stable, `message` is for people and bounded. */
export interface AdvertisementProblem {
  readonly code: string;
  readonly message: string;
  /** The uplink it is about, when its name could be read. */
  readonly uplink?: string;
}

/** A whole document refused, or one accepted with the uplinks that were refused from it. */
export type DecodedAdvertisement =
  | {
      readonly accepted: true;
      readonly advertisement: Advertisement;
      /** At most `maxProblems`; `refused` is how many uplinks there were. */
      readonly problems: readonly AdvertisementProblem[];
      readonly refused: number;
    }
  | { readonly accepted: false; readonly problem: AdvertisementProblem };

/** Problems kept from one document; the rest is only counted. */
export const maxProblems = 20;

/**
 * Decodes one document. Never throws. Keys this version doesn't know are ignored, so that a newer child may say more;
 * keys it knows must be right. Codes: `advertisement.too-large`, `.malformed`, `.version`, `.field`, `.too-many-uplinks`
 * refuse the document; `.provider` refuses what it says of providers; `.name`, `.weight`, `.protocol`, `.health-check`, `.field`, `.duplicate` refuse one uplink.
 */
export function decodeAdvertisement(document: Uint8Array | string): DecodedAdvertisement {
  try {
    return decode(parse(document));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { accepted: false, problem: { code: error.code, message: error.message } };
  }
}

function parse(document: Uint8Array | string): Record<string, unknown> {
  const size = typeof document === 'string' ? Buffer.byteLength(document) : document.length;
  if (size > advertisementLimits.bytes) {
    throw new Refusal(
      'advertisement.too-large',
      `want at most ${advertisementLimits.bytes} bytes, found ${size}`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(
      typeof document === 'string' ? document : new TextDecoder('utf-8', { fatal: true }).decode(document),
    );
  } catch {
    throw new Refusal(
      'advertisement.malformed',
      `want one JSON document in UTF-8, found ${size} other bytes`,
    );
  }
  if (!isRecord(value))
    throw new Refusal('advertisement.malformed', `want a JSON object, found ${found(value)}`);
  return value;
}

function decode(document: Record<string, unknown>): DecodedAdvertisement {
  const protocols = decodeProtocols(document['protocols']);
  const child = document['child'];
  if (typeof child !== 'string' || !isNodeName(child)) {
    throw new Refusal('advertisement.field', `child: want a child's name, found ${found(child)}`);
  }
  const { draining, uplinks } = document;
  if (typeof draining !== 'boolean') {
    throw new Refusal('advertisement.field', `draining: want true or false, found ${found(draining)}`);
  }
  if (!Array.isArray(uplinks)) {
    throw new Refusal('advertisement.field', `uplinks: want a list, found ${found(uplinks)}`);
  }
  if (uplinks.length > advertisementLimits.uplinks) {
    throw new Refusal(
      'advertisement.too-many-uplinks',
      `want at most ${advertisementLimits.uplinks} uplinks, found ${uplinks.length}`,
    );
  }
  const head = {
    protocols,
    child,
    version: plainText(document['version'], 'version', 64),
    revision: wholeNumber(document['revision'], 'revision', 0, Number.MAX_SAFE_INTEGER),
    epoch: plainText(document['epoch'], 'epoch', 64),
    draining,
    ...(document['emptied'] === true && uplinks.length === 0 ? { emptied: true as const } : {}),
  };
  const accepted = new Map<string, AdvertisedUplink>();
  const problems: AdvertisementProblem[] = [];
  let refused = 0;
  for (const item of uplinks as readonly unknown[]) {
    try {
      const uplink = decodeUplink(item);
      if (accepted.has(uplink.name)) {
        throw new Refusal('advertisement.duplicate', 'this name is advertised twice; the first one counts');
      }
      accepted.set(uplink.name, uplink);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused += 1;
      if (problems.length < maxProblems) problems.push(problemOf(error, item));
    }
  }
  const providers = decodeProviders(document['providers'], problems);
  return {
    accepted: true,
    advertisement: { ...head, uplinks: [...accepted.values()], ...(providers && { providers }) },
    problems,
    refused,
  };
}

/** What can't be read of them is told and left out: nothing is routed by it. */
function decodeProviders(
  value: unknown,
  problems: AdvertisementProblem[],
): readonly ProviderState[] | undefined {
  if (value === undefined) return undefined;
  try {
    if (!Array.isArray(value) || value.length > providerStateLimits.providers) {
      throw new Refusal(
        'advertisement.provider',
        `providers: want a list of at most ${providerStateLimits.providers}, found ${found(value)}`,
      );
    }
    const byName = new Map(value.map(decodeProvider).map((provider) => [provider.name, provider]));
    if (byName.size < value.length)
      throw new Refusal('advertisement.provider', 'providers: want each name once, found one twice');
    return [...byName.values()];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problems.push({ code: error.code, message: error.message });
    return undefined;
  }
}

function problemOf(error: Refusal, item: unknown): AdvertisementProblem {
  const name = isRecord(item) ? item['name'] : undefined;
  if (typeof name !== 'string' || !isExposedName(name)) return { code: error.code, message: error.message };
  return { code: error.code, message: `uplink ${name}: ${error.message}`, uplink: name };
}

function decodeProtocols(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length > 32 || !value.every((v) => Number.isSafeInteger(v) && v > 0)) {
    throw new Refusal('advertisement.field', `protocols: want a list of versions, found ${found(value)}`);
  }
  const theirs = value as number[];
  if (!theirs.some((version) => protocolVersions.includes(version))) {
    throw new Refusal(
      'advertisement.version',
      `no uplink protocol version in common: this parent speaks ${protocolVersions.join(', ')}, the child speaks ${theirs.join(', ') || 'none'}; upgrade the older of the two`,
    );
  }
  return theirs;
}
