/** `forwardAuth` as the data plane is told of it. */
import type { ForwardAuthConfig } from '../../config/middleware/forward-auth.ts';
import { CONNECTION, classify, DROP, TE } from '../../http/managed-headers.ts';
import { checkGoRegexp } from '../../rules/go-regexp.ts';
import type { QName, TransportModel } from '../model.ts';
import { certificateOf, isCertificateList, pemOf } from '../pem.ts';
import type { DynamicSource } from '../resolve-input.ts';
import { defaultTransport } from '../resolve-transports.ts';
import { endpointOf } from '../service/resolve-load-balancer.ts';
import type { MiddlewareContext } from './resolve-context.ts';

export interface ForwardAuthModel {
  readonly kind: 'forwardAuth';
  readonly name: QName;
  /** Index in `Model.services`: one that holds the authentication server alone. */
  readonly service: number;
  /** URL without fragment: what relative locations are relative to. */
  readonly address: string;
  readonly path: string;
  /** Without `?`; absent for none. */
  readonly query?: string;
  readonly trustForwardHeader: boolean;
  /** Names as written. */
  readonly responseHeaders: readonly string[];
  /** '' for none. */
  readonly responseHeadersRegex: string;
  /** Empty: all. */
  readonly requestHeaders: readonly string[];
  readonly cookies: readonly string[];
  readonly forwardBody: boolean;
  /** -1: no limit. */
  readonly maxBodyBytes: number;
  /** -1: no limit. */
  readonly maxAnswerBytes: number;
  /** Lower-case; '' for none. */
  readonly userField: string;
  readonly preserveLocation: boolean;
  readonly preserveMethod: boolean;
  /** '' for none. */
  readonly signinUrl: string;
}

/** How long the server may take to answer. */
const answerMs = 30_000;

export function resolveForwardAuth(
  name: QName,
  config: ForwardAuthConfig,
  context: MiddlewareContext,
): ForwardAuthModel | string {
  const { authResponseHeaders = [], authResponseHeadersRegex = '', authSigninURL = '' } = config;
  const url = addressOf(config.address);
  if (url === undefined)
    return `address: want http:// or https:// with a host, such as http://auth:9091/verify, and no user name or blanks${got(config.address)}`;
  const framing = authResponseHeaders.findIndex((each) => isFraming(each.toLowerCase()));
  if (framing >= 0)
    return `authResponseHeaders[${framing}]: ${authResponseHeaders[framing]} frames the message: only the gateway sets it`;
  const mistake = authResponseHeadersRegex === '' ? undefined : checkGoRegexp(authResponseHeadersRegex);
  if (mistake !== undefined) return `authResponseHeadersRegex: ${mistake}`;
  if (!/^[\x21-\x7e]*$/.test(authSigninURL))
    return 'authSigninURL: want a URL without blanks, percent-encoded where it goes beyond ASCII';
  const transport = transportOf(name, config.tls, context.source);
  if (typeof transport === 'string') return transport;
  const endpoint = { ...endpointOf(url.href), path: '', preservePath: false, weight: 1 };
  const service: QName = [`forwardAuth-${name.join('-')}`, 'internal'];
  return {
    kind: 'forwardAuth',
    name,
    service: context.ownService(service, endpoint, transport),
    address: url.href,
    path: url.pathname,
    ...(url.search === '' ? {} : { query: url.search.slice(1) }),
    trustForwardHeader: config.trustForwardHeader ?? false,
    responseHeaders: authResponseHeaders,
    responseHeadersRegex: authResponseHeadersRegex,
    requestHeaders: config.authRequestHeaders ?? [],
    cookies: config.addAuthCookiesToResponse ?? [],
    forwardBody: config.forwardBody ?? false,
    maxBodyBytes: config.maxBodySize ?? -1,
    maxAnswerBytes: config.maxResponseBodySize ?? -1,
    userField: (config.headerField ?? '').toLowerCase(),
    preserveLocation: config.preserveLocationHeader ?? false,
    preserveMethod: config.preserveRequestMethod ?? false,
    signinUrl: authSigninURL,
  };
}

/** Not where it may hold a password. */
function got(written: string): string {
  return written.includes('@') ? '' : `, got ${JSON.stringify(written.slice(0, 200))}`;
}

function addressOf(written: string): URL | undefined {
  if (!/^https?:\/\/[^/?#\s\\]+[^\s\\]*$/i.test(written) || !URL.canParse(written)) return undefined;
  const url = new URL(written);
  url.hash = '';
  return url.username === '' && url.password === '' && url.port !== '0' ? url : undefined;
}

function isFraming(name: string): boolean {
  const kind = classify(name);
  return kind === DROP || kind === CONNECTION || kind === TE || name === 'trailer' || name === 'expect';
}

function transportOf(
  name: QName,
  tls: ForwardAuthConfig['tls'],
  source: DynamicSource,
): TransportModel | string {
  const transport = {
    ...defaultTransport,
    name: [`forwardAuth-${name.join('-')}`, 'internal'] as const,
    responseHeaderTimeoutMs: answerMs,
  };
  if (tls === undefined) return transport;
  const roots: string[] = [];
  if (tls.ca !== undefined) {
    const root = pemOf(tls.ca, source);
    if (root === undefined) return 'tls: the file of ca was not read';
    if (!isCertificateList(root)) return 'tls: ca holds no PEM certificate';
    roots.push(root);
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) return 'tls: want both cert and key, or neither';
  const own = { ...transport, roots, insecureSkipVerify: tls.insecureSkipVerify ?? false };
  if (tls.cert === undefined || tls.key === undefined) return own;
  const [cert, key] = [pemOf(tls.cert, source), pemOf(tls.key, source)];
  if (cert === undefined || key === undefined) return 'tls: a certificate file was not read';
  const checked = certificateOf(cert, key);
  return typeof checked === 'string' ? `tls: ${checked}` : { ...own, certificate: { cert, key } };
}
