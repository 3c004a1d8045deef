/** Fields whose values nobody may find out by trying (RFC 7541 §7.1.3): no table, and nothing like one, holds them. */
export const credentials: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
]);
