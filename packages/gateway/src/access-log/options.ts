/** What the access log of a data plane is told: complete, plain JSON, so that it crosses to workers. */
import { resolve } from 'node:path';
import type { AccessLogConfig } from '../config/static.ts';

export interface AccessLogOptions {
  /** `common`: CLF with Traefik's additions. `json`: one object a line with Traefik's field names. */
  readonly format: 'common' | 'json';
  /** Absolute; '' is standard output. */
  readonly filePath: string;
  /** Absent: every request is written. Else those that one of these takes, as in Traefik. */
  readonly filters?: {
    /** Inclusive ranges of status codes. */
    readonly statusCodes: readonly (readonly [from: number, to: number])[];
    /** Only requests that took longer; 0 for none. */
    readonly minDurationMs: number;
    /** Requests that were sent more than once. */
    readonly retryAttempts: boolean;
  };
}

/** What a person wrote, made complete; a relative `filePath` is taken from `folder`. */
export function accessLogOptions(config: AccessLogConfig, folder: string): AccessLogOptions {
  const { format = 'common', filePath, filters } = config;
  const statusCodes = (filters?.statusCodes ?? []).flatMap((text) => statusCodeRange(text) ?? []);
  const minDurationMs = filters?.minDuration ?? 0;
  const retryAttempts = filters?.retryAttempts ?? false;
  const filtered = statusCodes.length > 0 || minDurationMs > 0 || retryAttempts;
  return {
    format,
    filePath: filePath === undefined ? '' : resolve(folder, filePath),
    ...(filtered ? { filters: { statusCodes, minDurationMs, retryAttempts } } : {}),
  };
}

/** `404` or `500-599` as a list of one range; undefined when it is neither. */
function statusCodeRange(text: string): [[number, number]] | undefined {
  const [, from, to = from] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
  return from === undefined ? undefined : [[Number(from), Number(to)]];
}
