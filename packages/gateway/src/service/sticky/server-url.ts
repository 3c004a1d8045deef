/** How the URL of an endpoint may have been written, for cookies that are made of it. */
import type { EndpointModel } from '../../model/model.ts';

/** The likeliest first: Traefik digests the URL as its configuration has it, with or without default port and slash. */
export function serverUrls({ scheme, host, port, path }: EndpointModel): readonly string[] {
  const bare = `${scheme}://${host.includes(':') ? `[${host}]` : host}`;
  const full = `${bare}:${port}${path}`;
  const short = port === (scheme === 'https' ? 443 : 80) ? [`${bare}${path}`] : [];
  return [full, ...short].flatMap((url) => [url, `${url}/`]);
}
