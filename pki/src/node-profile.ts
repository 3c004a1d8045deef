/** The facts of a node that are not keys: `identity.json`. */

import { isNodeName } from '@ficus/common/names.ts';
import { isTrustDomain, parseSpiffeId, type Role } from './identity.ts';

/** What `identity.json` holds. */
export interface NodeProfile {
  readonly name: string;
  readonly role: Role;
  readonly trustDomain: string;
  /** Where the node joined and renews, `https://host:port`. */
  readonly joinUrl: string;
  /** SPIFFE IDs of the parents that may dial this node. */
  readonly parents: readonly string[];
  /** `host:port` at which parents dial this node, when it was given. */
  readonly address?: string;
}

const maxLength = 65_536;
const maxParents = 64;

/** Reads the JSON strictly; undefined for anything else. */
export function decodeProfile(text: string): NodeProfile | undefined {
  const value = parse(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, role, trustDomain, joinUrl, parents, address } = value as Record<string, unknown>;
  if (typeof name !== 'string' || !isNodeName(name)) return undefined;
  if (role !== 'parent' && role !== 'child') return undefined;
  if (typeof trustDomain !== 'string' || !isTrustDomain(trustDomain)) return undefined;
  if (typeof joinUrl !== 'string' || !URL.canParse(joinUrl)) return undefined;
  if (address !== undefined && typeof address !== 'string') return undefined;
  if (!isParents(parents)) return undefined;
  return { name, role, trustDomain, joinUrl, parents, ...(address === undefined ? {} : { address }) };
}

function parse(text: string): unknown {
  if (text.length > maxLength) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isParents(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= maxParents && value.every(isParent);
}

function isParent(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    return parseSpiffeId(value).role === 'parent';
  } catch {
    return false;
  }
}
