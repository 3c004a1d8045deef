/** Schema of an entrypoint's HTTP/2: Traefik's one key, and our own limits beside it. */
import { duration, integer, object, optional, type Static } from '@ficus/common/config/schema.ts';

const rate = { minimum: 1, maximum: 1_000_000 };
const window = { minimum: 65_535, maximum: 2_147_483_647 };

/** `http2` of an entrypoint; what differs between clients and parents is given as the defaults' words. */
export function http2Schema(defaults: {
  readonly streams: number;
  readonly list: number;
  readonly resets: number;
  readonly table: number;
}) {
  return object('HTTP/2 on this entrypoint. Rates are of one connection.', {
    maxConcurrentStreams: optional(
      integer(
        `Streams that a client may have open at once on a connection; 0 is the default too. Default: ${defaults.streams}.`,
        { minimum: 0, maximum: 1_000_000 },
      ),
    ),
    maxHeaderListBytes: optional(
      integer(
        `Bytes of the decoded header fields of one request, 32 more for each field, counted as they decode. Default: ${defaults.list}.`,
        { minimum: 1024, maximum: 16_777_216 },
      ),
    ),
    maxFrameBytes: optional(
      integer('Largest payload of a frame that a client may send. Default: 16384.', {
        minimum: 16_384,
        maximum: 16_777_215,
      }),
    ),
    maxContinuationFrames: optional(
      integer('CONTINUATION frames of one block of header fields. Default: 8.', {
        minimum: 1,
        maximum: 1024,
      }),
    ),
    maxResetsPerSecond: optional(
      integer(
        `Streams a second that a client resets, or that are reset because of what it sent; over it the connection is told to go away. 0: no limit. Default: ${defaults.resets}.`,
        { minimum: 0, maximum: 1_000_000 },
      ),
    ),
    maxSettingsPerSecond: optional(
      integer('SETTINGS frames a second; over it the connection is told to go away. Default: 20.', rate),
    ),
    maxPingsPerSecond: optional(
      integer('PING frames a second; over it the connection is told to go away. Default: 50.', rate),
    ),
    maxEmptyFramesPerSecond: optional(
      integer(
        'Frames a second that carry nothing (empty DATA, HEADERS and CONTINUATION, PRIORITY, unknown ones); over it the connection is told to go away. Default: 500.',
        rate,
      ),
    ),
    headerTableBytes: optional(
      integer(
        `HPACK table kept for the header fields of a client, bytes of one connection. 0: none. Default: ${defaults.table}.`,
        { minimum: 0, maximum: 1_048_576 },
      ),
    ),
    streamWindowBytes: optional(
      integer(
        'Bytes of a request body that a client may send ahead of what its reader has taken. Default: 1048576.',
        window,
      ),
    ),
    connectionWindowBytes: optional(
      integer('The same for all streams of a connection together. Default: 16777216.', window),
    ),
    stallTimeout: optional(
      duration(
        'A stream whose client takes nothing for this long, although there is something to send, is reset. `0s`: no limit. Default: `60s`.',
      ),
    ),
  });
}
export type Http2Config = Static<ReturnType<typeof http2Schema>>;
