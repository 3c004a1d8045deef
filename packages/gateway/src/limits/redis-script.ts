/** The bucket that lives in Redis: the same key, fields and units as Traefik's, so that both may count in one. */

/**
 * One token of the bucket `KEYS[1]`. `ARGV`: tokens a microsecond, burst, the longest wait in microseconds, and after how many
 * seconds without use it may be forgotten. Answers as `Tokens.take` does, in microseconds. The time is Redis' own: gateways whose
 * clocks differ must not fill each other's buckets.
 */
export const takeToken = `
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local kept = redis.call('HMGET', KEYS[1], 'last', 'tokens')
local last, tokens = tonumber(kept[1] or ''), tonumber(kept[2] or '')
if last == nil or tokens == nil then
  last, tokens = now, burst
end
if now > last then
  tokens = tokens + (now - last) * rate
  last = now
end
if tokens > burst then
  tokens = burst
end
local wait = 0
if tokens < 1 then
  wait = (1 - tokens) / rate
end
local taken = wait <= tonumber(ARGV[3])
if taken then
  tokens = tokens - 1
else
  wait = -wait
end
redis.call('HSET', KEYS[1], 'last', last, 'tokens', tokens)
redis.call('EXPIRE', KEYS[1], ARGV[4])
return string.format('%.3f', wait)
`;

/** What Traefik puts before the middleware's name and the source. */
export const keyPrefix = 'rate:';
