/** What configured strings may look like, and the words that say so. */
import { isIP } from 'node:net';
import { isExposedName, isNodeName } from '../names.ts';
import { durationFormat, parseDuration } from './duration.ts';

export interface Format {
  /** Completes "want …". */
  readonly want: string | ((found: string) => string);
  readonly test: (text: string) => boolean;
}

/** `host:port`, `:port`, `[::1]:port`; the port from 0 (any free one) to 65535. Traefik's `/tcp` may follow. */
const address = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^[\]:/\s]*)):(\d{1,5})(?:\/tcp)?$/;

/** Host (`''` for all addresses) and port of an address, or undefined. */
export function parseAddress(text: string): { host: string; port: number } | undefined {
  const match = address.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port > 65_535 || (match[1] !== undefined && isIP(match[1]) !== 6)) return undefined;
  return { host: match[1] ?? match[2] ?? '', port };
}

/** A host as a URL has it: a name or an address. URL itself takes `a;reboot`, which a shell may read one day. */
const urlHost = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/;

function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\/[^/?#\s\\]+[^?#\s\\]*$/i.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return urlHost.test(url.hostname) && url.username === '' && url.password === '' && url.port !== '0';
}

/** An `http-url`, or one of HTTP/2 without TLS. */
function isEndpointUrl(text: string): boolean {
  return isHttpUrl(text.replace(/^h2c:/i, 'http:'));
}

/** An address or CIDR, as in `10.0.0.0/8`, `::1`. */
function isCidr(text: string): boolean {
  const [ip = '', bits, ...more] = text.split('/');
  const family = isIP(ip);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** `https://host[:port]` or `host[:port]`, no path. */
function isUplinkAddress(text: string): boolean {
  const rest = text.replace(/^https:\/\//i, '').replace(/\/$/, '');
  const authority = /^(?:\[[0-9A-Fa-f:.]+\]|[^[\]:/?#@\s]+)(?::\d{1,5})?$/;
  return (
    authority.test(rest) &&
    URL.canParse(`https://${rest}`) &&
    urlHost.test(new URL(`https://${rest}`).hostname)
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be in a header value
const headerValue = /^[^\x00-\x08\x0a-\x1f\x7f]*$/;
const urlWant = (found: string) =>
  /^https?:\/\//i.test(found)
    ? 'http:// or https://, a host, and no user name, "?" or "#"'
    : 'http:// or https://';
const endpointUrlWant = (found: string) =>
  /^(?:https?|h2c):\/\//i.test(found)
    ? 'http://, https:// or h2c://, a host, and no user name, "?" or "#"'
    : 'http://, https:// or h2c://';

/** Every `format` a schema may name. */
export const formats: Readonly<Record<string, Format>> = {
  'status-codes': {
    want: 'a status code such as 404, or a range such as 500-599',
    test: (text) => {
      const [, from, to = from] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
      return from !== undefined && Number(from) <= Number(to);
    },
  },
  [durationFormat]: {
    want: 'a duration such as "10s", "1m30s" or "500ms", or a whole number of seconds, 0 or more',
    test: (text) => (parseDuration(text) ?? -1) >= 0,
  },
  'signed-duration': {
    want: 'a duration such as "100ms", or a negative one',
    test: (text) => parseDuration(text) !== undefined,
  },
  'hash-key': {
    want: 'clientIP, header:<name>, cookie:<name> or query:<name>',
    test: (text) =>
      text === 'clientIP' ||
      /^(?:(?:header|cookie):[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}|query:.{1,256})$/.test(text),
  },
  'cookie-name': {
    want: 'a cookie name: letters, digits and "-", "_" or "."',
    test: (text) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(text),
  },
  'cookie-attribute': {
    want: 'text without ";", "," or blanks',
    test: (text) => /^[\x21-\x2b\x2d-\x3a\x3c-\x7e]{1,1024}$/.test(text),
  },
  'http-url': { want: urlWant, test: isHttpUrl },
  'endpoint-url': { want: endpointUrlWant, test: isEndpointUrl },
  address: {
    want: 'an address such as ":8080", "127.0.0.1:8080" or "[::1]:8080"',
    test: (text) => parseAddress(text) !== undefined,
  },
  'host-and-port': {
    want: 'a host and a port such as "redis.internal:6379" or "[::1]:6379"',
    test: (text) => {
      const parsed = parseAddress(text);
      return parsed !== undefined && parsed.host !== '' && parsed.port > 0 && !text.endsWith('/tcp');
    },
  },
  'uplink-address': {
    want: 'the uplink entrypoint\'s address such as "vm-1.example.com:9443" or "https://10.0.0.7:9443" (uplinks are never plain http)',
    test: isUplinkAddress,
  },
  cidr: { want: 'an IP address or CIDR such as "10.0.0.0/8"', test: isCidr },
  path: { want: 'a path that starts with /', test: (text) => /^\/[^\s#]*$/.test(text) },
  prefix: { want: 'a path prefix such as "/api"', test: (text) => /^[^\s?#]+$/.test(text) },
  'header-name': {
    want: "a header name (letters, digits and !#$%&'*+-.^_`|~)",
    test: (text) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text),
  },
  'header-value': {
    want: 'a header value without line breaks or control characters',
    test: (text) => headerValue.test(text),
  },
  port: {
    want: 'a port from 1 to 65535',
    test: (text) => /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535,
  },
  'url-scheme': {
    want: 'a scheme such as "https"',
    test: (text) => /^[A-Za-z][A-Za-z0-9+.-]{0,31}$/.test(text),
  },
  realm: {
    want: 'printable ASCII text without quotation marks and backslashes',
    test: (text) => /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(text),
  },
  method: { want: 'an HTTP method such as "GET"', test: (text) => /^[A-Za-z]{1,32}$/.test(text) },
  host: {
    want: 'a host name or IP address',
    test: (text) => /^[^\s/@:]+(?::\d+)?$|^\[?[0-9A-Fa-f:.]+\]?$/.test(text),
  },
  'object-name': {
    want: 'a name without "@" and without line breaks, at most 253 characters',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be in a name
    test: (text) => /^[^@\x00-\x1f\x7f]{1,253}$/.test(text),
  },
  'exposed-name': {
    want: 'lower-case letters, digits, "-" and "." (first and last a letter or digit), at most 253 characters',
    test: isExposedName,
  },
  'node-name': {
    want: 'lower-case letters, digits and "-" (first and last a letter or digit), at most 63 characters',
    test: isNodeName,
  },
  'trust-domain': {
    want: 'a trust domain such as "ficus.internal": lower-case letters, digits, ".", "-" and "_"',
    test: (text) => /^[a-z0-9](?:[a-z0-9._-]{0,253}[a-z0-9])?$/.test(text),
  },
  'https-origin': {
    want: 'https://, a host and perhaps a port, such as "https://pc.example.com:9440"',
    test: (text) => /^https:\/\/[^/?#\\]+\/?$/i.test(text) && isHttpUrl(text),
  },
  sha256: {
    want: '64 hexadecimal digits, with or without ":" in between and "sha256:" in front',
    test: (text) => /^(?:sha256:)?(?:[0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})$/i.test(text),
  },
  'category-key': {
    want: 'the key of a category: at most 64 characters, none of them /,!"#%\'()*+:;=?\\|[]^& and no "$" in front',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be in a key
    test: (text) => /^(?!\$)[^/,!"#%'()*+:;=?\\|[\]^&\x00-\x1f\x7f]{1,64}$/.test(text),
  },
  'spiffe-uri': {
    want: 'a URI such as "spiffe://example.org/service"',
    test: (text) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(text),
  },
};

/** Completes "want …" for a value that has not this format. */
export function wantedFormat(format: string, found: unknown): string {
  const want = formats[format]?.want ?? format;
  return typeof want === 'string' ? want : want(typeof found === 'string' ? found : '');
}
