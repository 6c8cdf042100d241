package state

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/redis/go-redis/v9"
)

// Of snapshots there are
//
//	<base>:snapshots             hash: name -> JSON, what is known of the snapshot
//	<base>:snapshot:<token>:<i>  a part of its bytes
//
// Parts are written first, and go by themselves if nobody comes to name them.
const (
	partBytes      = 1 << 20
	partLife       = time.Hour // of a part that is not named yet
	blobBytesMax   = 8 << 30
	blobPartsAsked = 4 // at a time
)

// Blobs keep snapshots in a Redis. One is there when all of its parts are.
// Several processes may use them.
type Blobs struct {
	redis *Redis
	name  *redis.Script
	drop  *redis.Script
}

// blob is what is known of a snapshot.
type blob struct {
	About string `json:"about"`
	Token string `json:"token"`
	Parts int    `json:"parts"`
	Bytes uint64 `json:"bytes"`
	Sum   uint64 `json:"sum,string"`   // of the bytes
	Check uint64 `json:"check,string"` // of all of the above
}

func (b blob) check() uint64 {
	return xxhash.Sum64String(fmt.Sprintf("%q %q %d %d %d", b.About, b.Token, b.Parts, b.Bytes, b.Sum))
}

// Blobs are the pipeline's snapshots in the Redis.
func (r *Redis) Blobs() *Blobs {
	// KEYS: the list, the parts. ARGV: name, what is known of it.
	return &Blobs{redis: r, name: redis.NewScript(`
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 0 then return redis.error_reply('MOVED part '..(i - 1)..' is gone') end
end
for i = 2, #KEYS do redis.call('PERSIST', KEYS[i]) end
local before = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return before
`), drop: redis.NewScript(`
local before = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
return before
`)}
}

// String names the Redis.
func (b *Blobs) String() string {
	return b.redis.where + " (keys that begin with " + b.redis.base + ":snapshot)"
}

func (b *Blobs) list() string { return b.redis.base + ":snapshots" }

func (b *Blobs) parts(of blob) []string {
	keys := make([]string, of.Parts)
	for i := range keys {
		keys[i] = b.redis.base + ":snapshot:" + of.Token + ":" + strconv.Itoa(i)
	}
	return keys
}

// Put stores a snapshot. It does not wait for a Redis that is gone or full.
func (b *Blobs) Put(ctx context.Context, name, about string, data []byte) (err error) {
	if uint64(len(data)) > blobBytesMax || len(about) > aboutBytesMax {
		return fmt.Errorf("snapshot %s has %d bytes, the limit is %d", name, len(data), uint64(blobBytesMax))
	}
	of := blob{About: about, Token: rand.Text()[:16], Parts: (len(data) + partBytes - 1) / partBytes, Bytes: uint64(len(data)), Sum: xxhash.Sum64(data)}
	of.Check = of.check()
	keys := b.parts(of)
	defer b.redis.wires.heed(ctx)()
	defer func() {
		if err != nil {
			if len(keys) > 0 {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), interruptAfter)
				defer cancel()
				_ = b.redis.client.Unlink(ctx, keys...).Err() // else they go by themselves
			}
			err = b.redis.explained(ctx, err)
		}
	}()
	for i, key := range keys {
		part := data[i*partBytes : min((i+1)*partBytes, len(data))]
		if err := b.redis.client.Set(ctx, key, part, partLife).Err(); err != nil {
			return err
		}
	}
	text, err := json.Marshal(of)
	if err != nil {
		return err
	}
	before, err := b.name.Run(ctx, b.redis.client, append([]string{b.list()}, keys...), name, text).Text()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	b.forget(ctx, before)
	return nil
}

// forget deletes the parts of a snapshot that has lost its name.
func (b *Blobs) forget(ctx context.Context, known string) {
	if of, err := readBlob(known); err == nil && of.Parts > 0 {
		_ = b.redis.client.Unlink(ctx, b.parts(of)...).Err()
	}
}

func readBlob(known string) (of blob, err error) {
	if err := json.Unmarshal([]byte(known), &of); err != nil || of.Check != of.check() || of.Parts < 0 || of.Parts > blobBytesMax/partBytes {
		return blob{}, ErrDamaged
	}
	return of, nil
}

// List waits for a Redis that is gone. What is damaged is not listed.
func (b *Blobs) List(ctx context.Context) (map[string]string, error) {
	about := map[string]string{}
	err := b.redis.do(ctx, func(ctx context.Context) error {
		all, err := b.redis.client.HGetAll(ctx, b.list()).Result()
		for name, known := range all {
			if of, err := readBlob(known); err == nil {
				about[name] = of.About
			}
		}
		return err
	})
	return about, err
}

// Get waits for a Redis that is gone.
func (b *Blobs) Get(ctx context.Context, name string, limit uint64) (data []byte, err error) {
	err = b.redis.do(ctx, func(ctx context.Context) (err error) {
		data, err = b.get(ctx, name, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("snapshot %s in %s: %w", name, b.redis, err)
	}
	return data, nil
}

func (b *Blobs) get(ctx context.Context, name string, limit uint64) ([]byte, error) {
	known, err := b.redis.client.HGet(ctx, b.list(), name).Result()
	if errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("%w: it is not there", ErrDamaged)
	}
	if err != nil {
		return nil, err
	}
	of, err := readBlob(known)
	if err != nil {
		return nil, err
	}
	if of.Bytes > limit {
		return nil, fmt.Errorf("%w: it has %d bytes, the limit is %d", ErrDamaged, of.Bytes, limit)
	}
	var data []byte
	for keys := b.parts(of); len(keys) > 0; {
		some := keys[:min(len(keys), blobPartsAsked)]
		keys = keys[len(some):]
		parts, err := b.redis.client.MGet(ctx, some...).Result()
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			text, _ := part.(string)
			data = append(data, text...)
		}
	}
	if uint64(len(data)) != of.Bytes || xxhash.Sum64(data) != of.Sum {
		return nil, ErrDamaged
	}
	return data, nil
}

// Delete removes a snapshot.
func (b *Blobs) Delete(ctx context.Context, name string) error {
	defer b.redis.wires.heed(ctx)()
	before, err := b.drop.Run(ctx, b.redis.client, []string{b.list()}, name).Text()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	if err != nil {
		return b.redis.explained(ctx, err)
	}
	b.forget(ctx, before)
	return nil
}
