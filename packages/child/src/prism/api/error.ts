/** What can go wrong between us and Prism Central, in words that say what to do. */
import { FicusError } from '@ficus/common/errors.ts';
import { plain } from '@ficus/common/plain-text.ts';

/** A request that did not get what it asked for. */
export class PrismError extends FicusError {
  /** Of the answer; 0 when there was none. */
  readonly answered: number;
  /** How long Prism Central asks us to wait, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    message: string,
    options: { remedy?: string; answered?: number; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(code, message, options);
    this.answered = options.answered ?? 0;
    this.retryAfterMs = options.retryAfterMs;
  }
}

const roles =
  'give the service account a role that may view VMs and categories, and subnets and VPCs with allowedVpcs, such as Prism Viewer';

/** The error of an answer that is not 200. `what`: such as `GET /api/vmm/v4.1/ahv/config/vms`. */
export function refusal(status: number, body: unknown, what: string, retryAfterMs?: number): PrismError {
  const { code, group, message } = said(body);
  const words = [code, group, message].filter((each) => each !== '').join(' ');
  const detail = words === '' ? '' : `: ${words}`;
  const options = { answered: status, retryAfterMs };
  if (isRateLimit(status, group)) {
    const remedy = 'ask less often: a longer pollInterval, fewer programs with this key';
    return new PrismError('prism.rate-limited', `${what}: too many requests (${status})${detail}`, {
      ...options,
      remedy,
    });
  }
  if (status === 401) {
    const remedy =
      'make a new key (Admin Center, IAM, Service Accounts) and put it into apiKeyFile, or correct username and password; the file is read again by itself';
    const unauthorized = `${what}: Prism Central does not accept the key or password (401)`;
    return new PrismError('prism.unauthorized', unauthorized, { ...options, remedy });
  }
  if (status === 403) {
    return new PrismError('prism.forbidden', `${what}: not allowed with this key (403)${detail}`, {
      ...options,
      remedy: roles,
    });
  }
  if (status === 404) {
    return new PrismError('prism.not-found', `${what}: not there (404)${detail}`, {
      ...options,
      remedy: 'check that endpoint is a Prism Central of pc.2024.3 or later, or set apiVersion: v3',
    });
  }
  if (status >= 300 && status < 400) {
    return new PrismError('prism.redirected', `${what}: sent elsewhere (${status})`, {
      ...options,
      remedy: 'name Prism Central itself in endpoint: keys do not follow redirects',
    });
  }
  if (status >= 500) {
    return new PrismError('prism.unavailable', `${what}: Prism Central fails (${status})${detail}`, {
      ...options,
      remedy: 'look at Prism Central; the child asks again by itself',
    });
  }
  return new PrismError('prism.refused', `${what}: refused (${status})${detail}`, {
    ...options,
    remedy: 'report it with this line: Ficus asks something that this Prism Central does not take',
  });
}

/** Some services say it with 400. */
function isRateLimit(status: number, group: string): boolean {
  return status === 429 || (status === 400 && /^RATE_LIMIT_(?:EXCEEDED|ERROR)$/.test(group));
}

/** What an error document says; v4's and v3's, cut short. */
function said(body: unknown): { code: string; group: string; message: string } {
  const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value);
  const error = first(member(member(body, 'data'), 'error')) ?? first(member(body, 'message_list'));
  const detail = first(member(error, 'validationErrorMessages')) ?? error;
  const text = (key: string, length: number) => {
    const value = member(detail, key) ?? member(error, key);
    return typeof value === 'string' ? plain(value, length) : '';
  };
  return {
    code: text('code', 40),
    group: text('errorGroup', 64) || text('reason', 64),
    message: text('message', 200),
  };
}

/** `value[key]` of whatever it is. */
export function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

/** The error of a request that got no answer, or one that cannot be read. */
export function failure(error: unknown, what: string, timedOut: boolean, timeoutMs: number): PrismError {
  if (error instanceof PrismError) return error;
  if (timedOut) {
    return new PrismError('prism.timeout', `${what}: no answer within ${timeoutMs / 1000} s`, {
      remedy: 'raise pollTimeout, or look at Prism Central',
      cause: error,
    });
  }
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException;
  const why = plain([code, message].filter((each) => typeof each === 'string').join(' '), 200);
  return new PrismError('prism.unreachable', `${what}: no answer: ${why}`, {
    remedy: 'check endpoint, that Prism Central runs, and that no firewall is in between',
    cause: error,
  });
}
