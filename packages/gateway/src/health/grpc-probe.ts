/** One health probe of `mode: grpc`: grpc.health.v1.Health/Check of the whole server. */
import type { HealthCheckModel } from '../model/model.ts';
import { checkPath, checkRequest, judgeCheck } from './grpc-health.ts';
import { type H2Request, h2Request } from './h2-request.ts';
import type { StartProbe } from './http-verdict.ts';

/** Bytes of an answer; a HealthCheckResponse has seven. */
const maxAnswerBytes = 4096;

/** Where an HTTP/2 probe goes, and what the service itself says there. */
export type H2Way = Pick<H2Request, 'address' | 'transport' | 'authority' | 'fields'>;

export function grpcProbe(way: H2Way, check: HealthCheckModel): StartProbe {
  return (done) =>
    h2Request(
      {
        ...way,
        method: 'POST',
        path: checkPath,
        fields: [
          ['user-agent', 'ficus-health'],
          // Milliseconds; the field has eight digits.
          ['grpc-timeout', `${Math.min(Math.max(1, Math.ceil(check.timeoutMs)), 99_999_999)}m`],
          ...check.headers,
          ...way.fields,
          ['content-type', 'application/grpc'],
        ],
        trailers: true,
        body: checkRequest,
        maxBodyBytes: maxAnswerBytes,
      },
      (outcome) => done('failure' in outcome ? { up: false, reason: outcome.failure } : judgeCheck(outcome)),
    );
}
