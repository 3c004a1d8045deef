/** The parts of undici that asking takes: the whole of it costs an idle child 12 MiB more. */
import type { Dispatcher, Pool } from 'undici';

/** Connections to one origin. Loaded when it is first asked for. */
export async function openPool(origin: string, options: Pool.Options): Promise<Pool> {
  const { default: UndiciPool } = await import('undici/lib/dispatcher/pool.js');
  return new UndiciPool(origin, options);
}

/** One request over `pool`, as `Pool.request` of the whole undici does it. */
export async function request(
  pool: Pool,
  options: Dispatcher.RequestOptions,
): Promise<Dispatcher.ResponseData> {
  const { default: undiciRequest } = await import('undici/lib/api/api-request.js');
  return await undiciRequest.call(pool, options);
}
