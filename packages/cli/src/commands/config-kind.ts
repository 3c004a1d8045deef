/** Which kind of configuration a file is, by its content. */

/** What a configuration file can be. */
export type ConfigKind = 'parent' | 'child' | 'dynamic';

const onlyChild = ['workloads', 'uplinkEntryPoints'];
const onlyParent = ['join', 'install', 'admin', 'ca', 'trustDomain'];
/** Of `join` only a child's, and a provider of workloads. */
const childsKeys = /[\s{,]["']?(?:tokenFile|caPins|nutanixPrismCentral)["']?\s*:/;
const onlyDynamic = ['http', 'tls', 'tcp', 'udp'];
/** Written a level too high, or for Kubernetes: still meant as dynamic configuration. */
const almostDynamic = ['routers', 'services', 'middlewares', 'serversTransports', 'apiVersion'];

/**
 * A child's file has `workloads`, `uplinkEntryPoints` or dynamic keys beside static ones; dynamic configuration has nothing
 * but `http`, `tls`, `tcp`, `udp`; all else is a parent's. Works on files that are not valid YAML.
 */
export function configKind(text: string): ConfigKind {
  const keys = topLevelKeys(text);
  const has = (some: readonly string[]) => keys.some((key) => some.includes(key));
  if (has(onlyChild) || (keys.includes('hub') && /["']?uplinkEntryPoints["']?\s*:/.test(text)))
    return 'child';
  if (childsKeys.test(text)) return 'child';
  if (has(onlyParent)) return 'parent';
  if (keys.every((key) => onlyDynamic.includes(key)) || has(almostDynamic)) return 'dynamic';
  // `http` next to static keys: only a child takes both in one file.
  if (has(onlyDynamic)) return 'child';
  if (has(['entryPoints'])) return 'parent';
  // `stateDirectory` and `providers.file` alone are enough for a child, whose uplink entrypoint has a default.
  return keys.includes('stateDirectory') && !/["']?multicluster["']?\s*:/.test(text) ? 'child' : 'parent';
}

/** Keys at the start of a line for YAML, of the outermost object for JSON. */
function topLevelKeys(text: string): readonly string[] {
  if (/^\s*\{/.test(text)) {
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === 'object' && value !== null ? Object.keys(value) : [];
    } catch {
      return [...text.matchAll(/["']?([A-Za-z]+)["']?\s*:/g)].slice(0, 1).map((match) => match[1] ?? '');
    }
  }
  return [...text.matchAll(/^["']?([A-Za-z][\w-]*)["']?[ \t]*:/gm)].map((match) => match[1] ?? '');
}
