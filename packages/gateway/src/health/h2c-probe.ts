/** One health probe of `mode: http` where HTTP/1.1 is not understood: the same request and verdict over HTTP/2. */
import type { HealthCheckModel } from '../model/model.ts';
import type { H2Way } from './grpc-probe.ts';
import { h2Request } from './h2-request.ts';
import { judgeStatus, maxBodyBytes, maxRedirects, redirectPath, type StartProbe } from './http-verdict.ts';

/** Each redirect is a request, and a connection, of its own. */
export function h2cProbe(way: H2Way, check: HealthCheckModel): StartProbe {
  return (done) => {
    let redirects = 0;
    let cancel = () => {};
    const ask = (path: string) => {
      cancel = h2Request(
        {
          ...way,
          method: check.method,
          path,
          fields: [['user-agent', 'ficus-health'], ...check.headers, ...way.fields],
          trailers: false,
          maxBodyBytes,
        },
        (outcome) => {
          if ('failure' in outcome) {
            done({ up: false, reason: outcome.failure });
            return;
          }
          const next = redirectPath(check, outcome.status, outcome.headers.location);
          if (next !== undefined && ++redirects <= maxRedirects) ask(next);
          else done(judgeStatus(check, outcome.status));
        },
      );
    };
    ask(check.path);
    return () => cancel();
  };
}
