package state

import "github.com/redis/go-redis/v9"

// Of a partition's counts there are two keys, what is known of them and a hash
// of the counts themselves:
//
//	<base>:df:<partition>               epoch, owner, change, cursor, documents, generation, terms, digest, dropped
//	<base>:df:<partition>:<generation>  8 bytes of a term's hash -> 4 bytes of its count, little-endian
//
// and, while others are to take their place or they are copied, one more such
// hash. A script checks all before it writes anything, for what it has written
// stays when it fails.

// scripts are what runs inside the Redis, each in one piece.
type scripts struct{ open, apply, fill, copy *redis.Script }

// known begins those that need the worker to be the last who has opened the
// counts. KEYS: what is known, the counts. ARGV: the epoch.
const known = `
local at = redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'change', 'generation')
if not at[1] then return redis.error_reply('MOVED it knows nothing of them') end
if at[1] ~= ARGV[1] then return redis.error_reply('FENCED '..at[2]) end
`

// left goes on with what needs the counts to be where they were left. ARGV: ...
// the change that was the last, its generation, the terms that the counts have.
const left = `
if at[3] ~= ARGV[2] or at[4] ~= ARGV[3] then return redis.error_reply('MOVED it is at change '..at[3]..', and '..ARGV[2]..' was the last') end
if redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[4]) then return redis.error_reply('MOVED counts are missing') end
`

// write writes pairs of a term and its count. A script can unpack so many at a
// time.
const write = `
for i = first, #ARGV, 7000 do
  redis.call('HSET', KEYS[2], unpack(ARGV, i, math.min(#ARGV, i + 6999)))
end
`

func newScripts() scripts {
	return scripts{
		// KEYS: the pipeline's, what is known. ARGV: identity, epoch, owner, what
		// the keys of counts begin with.
		open: redis.NewScript(`
local id = redis.call('GET', KEYS[1])
if id and id ~= ARGV[1] then return redis.error_reply('FOREIGN') end
local at = redis.call('HMGET', KEYS[2], 'epoch', 'owner', 'change', 'cursor', 'documents', 'generation', 'terms', 'digest', 'dropped', 'next')
if at[1] and tonumber(at[1]) > tonumber(ARGV[2]) then return redis.error_reply('FENCED '..at[2]) end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], 'epoch', ARGV[2], 'owner', ARGV[3])
if not at[6] then
  redis.call('HSET', KEYS[2], 'change', '0', 'generation', '', 'terms', '0')
  return {'0', '0', '0', '', '0', '0', '0', '0'}
end
if at[10] then
  redis.call('HDEL', KEYS[2], 'next')
  redis.call('UNLINK', ARGV[4]..at[10])
end
redis.call('UNLINK', ARGV[4]..'copy')
return {at[3], at[4] or '0', at[5] or '0', at[6], at[7] or '0', at[8] or '0', at[9] or '0', tostring(redis.call('HLEN', ARGV[4]..at[6]))}
`),
		// KEYS: what is known, the counts, those whose place they take if they do.
		// ARGV: ... change, cursor, documents, terms, digest, dropped, generation,
		// then the pairs.
		apply: redis.NewScript(known + `
if at[3] == ARGV[5] and at[4] == ARGV[11] then return 1 end
` + left + `
local first = 12
` + write + `
redis.call('HSET', KEYS[1], 'change', ARGV[5], 'cursor', ARGV[6], 'documents', ARGV[7], 'terms', ARGV[8], 'digest', ARGV[9], 'dropped', ARGV[10], 'generation', ARGV[11])
if KEYS[3] then
  redis.call('HDEL', KEYS[1], 'next')
  redis.call('UNLINK', KEYS[3])
end
return 1
`),
		// ARGV: ... the generation to be filled, 1 to begin with it, then the
		// pairs.
		fill: redis.NewScript(known + `
if ARGV[3] == '1' then
  redis.call('UNLINK', KEYS[2])
  redis.call('HSET', KEYS[1], 'next', ARGV[2])
end
local first = 4
` + write + `
return 1
`),
		// KEYS: ... the copy.
		copy: redis.NewScript(known + left + `
redis.call('COPY', KEYS[2], KEYS[3], 'REPLACE')
return 1
`),
	}
}
