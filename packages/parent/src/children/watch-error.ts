/** Why a watch failed, as a person reads it. */
import { FicusError } from '@ficus/common/errors.ts';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the child',
  ENETUNREACH: "no route to the child's network",
};
const byCode: Readonly<Record<string, string>> = {
  'endpoint.dial-timeout': 'no connection in time',
  'endpoint.head-timeout': 'no answer in time',
  'endpoint.down': 'the connection was closed: the child is down or was revoked',
};

/** The data plane's `code` and `detail` as an error of the watch; a refused identity keeps its own code. */
export function watchError(code: string, detail: string): FicusError {
  const identity = /^(identity\.[a-z-]+): (.*)$/s.exec(detail);
  if (identity !== null) return new FicusError(identity[1] as string, short(identity[2] as string));
  const said = reasons[detail] ?? detail;
  return new FicusError('watch.lost', short(byCode[code] ?? (said === '' ? code : said)));
}

function short(text: string): string {
  return text.slice(0, 200);
}
