/** HTTP/2 limits with their defaults filled in: strict for clients nobody knows, wide for parents. */
import type { Http2Config } from '../config/http2.ts';
import type { Http2Limits } from './model.ts';

/** Of clients nobody knows: Traefik's 250 streams, the least table and frame, rates that no browser comes near. */
export const defaultHttp2Limits: Http2Limits = {
  maxConcurrentStreams: 250,
  maxHeaderListBytes: 65_536,
  maxFrameBytes: 16_384,
  maxContinuationFrames: 8,
  maxResetsPerSecond: 200,
  maxSettingsPerSecond: 20,
  maxPingsPerSecond: 50,
  maxEmptyFramesPerSecond: 500,
  headerTableBytes: 4096,
  streamWindowBytes: 1_048_576,
  connectionWindowBytes: 16_777_216,
  stallTimeoutMs: 60_000,
};

/** Of parents, who proved who they are: one connection carries what many clients do, their resets too. */
export const uplinkHttp2Limits: Http2Limits = {
  ...defaultHttp2Limits,
  maxConcurrentStreams: 2000,
  // A client's largest list, with all that a parent adds to it.
  maxHeaderListBytes: 98_304,
  // A parent hands on what its clients reset, who are limited there.
  maxResetsPerSecond: 0,
  headerTableBytes: 65_536,
};

/** What was written, over `defaults`. */
export function http2LimitsOf(config: Http2Config | undefined, defaults: Http2Limits): Http2Limits {
  if (config === undefined) return defaults;
  const { stallTimeout, maxConcurrentStreams, ...written } = config;
  return {
    ...defaults,
    ...written,
    // As in Go's server, which Traefik hands its value to.
    maxConcurrentStreams: maxConcurrentStreams || defaults.maxConcurrentStreams,
    stallTimeoutMs: stallTimeout ?? defaults.stallTimeoutMs,
  };
}
