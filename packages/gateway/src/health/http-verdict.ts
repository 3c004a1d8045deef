/** What an HTTP answer says of an endpoint's health, over whatever wire it came. */
import type { HealthCheckModel } from '../model/model.ts';

export interface ProbeResult {
  readonly up: boolean;
  /** For people: `status 503`, `endpoint.dial ECONNREFUSED`, `no answer within 5000 ms`. */
  readonly reason: string;
}

/** Starts one probe; `done` is called once, unless the returned function cancels it first. */
export type StartProbe = (done: (result: ProbeResult) => void) => () => void;

/** Body bytes read for the sake of the connection; a longer answer costs it. */
export const maxBodyBytes = 65_536;
/** Redirects followed in one probe; the next one's own status counts. */
export const maxRedirects = 5;

/** Up when `status` is the one that is wanted, or any from 200 to 399. */
export function judgeStatus(check: HealthCheckModel, status: number): ProbeResult {
  const up = check.status === 0 ? status >= 200 && status < 400 : status === check.status;
  return { up, reason: `status ${status}` };
}

/** The path to ask next. A redirect within the endpoint is followed; one to elsewhere says all it can by its status. */
export function redirectPath(
  check: HealthCheckModel,
  status: number,
  location: string | undefined,
): string | undefined {
  if (!check.followRedirects || status < 301 || status > 308 || status === 304) return undefined;
  return location?.startsWith('/') === true && !location.startsWith('//') && !/[\s\0-\x1f]/.test(location)
    ? location
    : undefined;
}
