package state

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Place is how far counts have come.
type Place struct {
	Cursor    uint64 // the last log sequence that they have met
	Documents uint64 // up to there
	Terms     uint64 // with a count
	Digest    uint64 // of terms and counts, by who moves them
	Dropped   uint64 // observations without room, likewise
}

// Change moves counts to the next place. Terms are unlike each other.
type Change struct {
	To     Place
	Terms  []uint64 // hashes
	Counts []uint32 // of each: what it is there
	// Instead is what the counts are replaced by before that; nil: they stay.
	Instead *Counted
}

// Counted is all counts of a place, and how many there are.
type Counted struct {
	Terms uint64
	All   iter.Seq2[uint64, uint32]
}

// Counts are the df counts of one partition. One goroutine moves them, another
// may read.
type Counts struct {
	redis     *Redis
	scripts   scripts
	name      string // for people
	key       string
	partition int

	mu         sync.Mutex
	epoch      string
	place      Place
	change     uint64
	generation string
	made       int // generations
}

// Counts are those of a df partition. They have to be opened.
func (r *Redis) Counts(partition int) *Counts {
	return &Counts{
		redis: r, scripts: newScripts(), partition: partition,
		name: "df/" + strconv.Itoa(partition), key: r.base + ":df:" + strconv.Itoa(partition),
	}
}

// Open takes the counts for a worker: one with a lower epoch can move and read
// them no more. found is false where there are none yet, or none any more.
//
// ErrFenced: a worker with a higher epoch has them. ErrForeign, or ErrDamaged:
// some are missing.
func (c *Counts) Open(ctx context.Context, epoch uint64, who string) (at Place, found bool, err error) {
	var answer []string
	err = c.redis.do(ctx, func(ctx context.Context) (err error) {
		answer, err = c.scripts.open.Run(ctx, c.redis.client, []string{c.redis.base, c.key},
			c.redis.options.Identity, epoch, who, c.key+":").StringSlice()
		return c.refused(err)
	})
	if err != nil {
		return at, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var counted uint64
	for i, to := range map[int]*uint64{0: &c.change, 1: &at.Cursor, 2: &at.Documents, 4: &at.Terms, 5: &at.Digest, 6: &at.Dropped, 7: &counted} {
		if *to, err = strconv.ParseUint(answer[i], 10, 64); err != nil {
			return at, false, fmt.Errorf("%s in %s: %w: %q is no number", c.name, c.redis, ErrDamaged, answer[i])
		}
	}
	c.epoch, c.place, c.generation, c.made = strconv.FormatUint(epoch, 10), at, answer[3], 0
	if counted != at.Terms {
		return at, true, fmt.Errorf("%s in %s: %w: of %d counts %d are there", c.name, c.redis, ErrDamaged, at.Terms, counted)
	}
	return at, c.generation != "", nil
}

// refused tells what a script did not want.
func (c *Counts) refused(err error) error {
	var answer redis.Error
	if err == nil || !errors.As(err, &answer) {
		return err
	}
	what, rest, _ := strings.Cut(answer.Error(), " ")
	switch what {
	case "FENCED":
		return fmt.Errorf("%s: %w: %s. Nothing was committed since; nothing to do", c.name, ErrFenced, rest)
	case "MOVED":
		return fmt.Errorf("%s in %s: %w: %s", c.name, c.redis, ErrMoved, rest)
	case "FOREIGN":
		return c.redis.foreign()
	}
	return err
}

// Read sets the count of each term, 0 where it has none, as it is after the last
// change that Move has answered, or a later one. One round trip.
//
// ErrFenced, ErrMoved.
func (c *Counts) Read(ctx context.Context, terms []uint64, counts []uint32) error {
	if len(terms) == 0 {
		return nil
	}
	return c.redis.do(ctx, func(ctx context.Context) error { return c.read(ctx, terms, counts) })
}

// fieldsMax is how many terms are asked for in one command, so that none holds
// up the others for long.
const fieldsMax = 4096

func (c *Counts) read(ctx context.Context, terms []uint64, counts []uint32) error {
	c.mu.Lock()
	epoch, change, key := c.epoch, c.change, c.counts(c.generation)
	c.mu.Unlock()
	fields := make([]byte, 8*len(terms))
	tx := c.redis.client.TxPipeline()
	at := tx.HMGet(ctx, c.key, "epoch", "owner", "change", "terms")
	length := tx.HLen(ctx, key)
	var values []*redis.SliceCmd
	for first := 0; first < len(terms); first += fieldsMax {
		some := terms[first:min(first+fieldsMax, len(terms))]
		args := make([]any, 0, len(some)+2)
		args = append(args, "HMGET", key)
		for i, term := range some {
			field := fields[8*(first+i) : 8*(first+i)+8]
			binary.LittleEndian.PutUint64(field, term)
			args = append(args, field)
		}
		cmd := redis.NewSliceCmd(ctx, args...)
		_ = tx.Process(ctx, cmd) // it is only noted
		values = append(values, cmd)
	}
	if asked, err := tx.Exec(ctx); err != nil {
		return refusedTx(asked, err)
	}
	if err := c.still(at.Val(), epoch, change, length.Val()); err != nil {
		return err
	}
	next := 0
	for _, cmd := range values {
		for _, v := range cmd.Val() {
			value, ok := v.(string)
			switch {
			case !ok:
				counts[next] = 0
			case len(value) != 4:
				return fmt.Errorf("%s in %s: %w: a count has %d bytes", c.name, c.redis, ErrDamaged, len(value))
			default:
				counts[next] = uint32(value[0]) | uint32(value[1])<<8 | uint32(value[2])<<16 | uint32(value[3])<<24
			}
			next++
		}
	}
	if next != len(terms) {
		return fmt.Errorf("%s in %s: %w: %d counts for %d terms", c.name, c.redis, ErrDamaged, next, len(terms))
	}
	return nil
}

// refusedTx is why a transaction was refused, which the error of a request in it
// tells better than its own.
func refusedTx(asked []redis.Cmder, err error) error {
	for _, cmd := range asked {
		if why := cmd.Err(); why != nil && !redis.IsExecAbortError(why) {
			return why
		}
	}
	return err
}

// still says whether the counts are this worker's, and not behind where they
// were left.
func (c *Counts) still(at []any, epoch string, change uint64, length int64) error {
	text := make([]string, 4)
	for i := range min(len(at), len(text)) {
		text[i], _ = at[i].(string)
	}
	now, err := strconv.ParseUint(text[2], 10, 64)
	switch {
	case text[0] == "" || err != nil:
		return fmt.Errorf("%s in %s: %w: it knows nothing of them", c.name, c.redis, ErrMoved)
	case text[0] != epoch:
		return fmt.Errorf("%s: %w: %s. Nothing was committed since; nothing to do", c.name, ErrFenced, text[1])
	case now < change:
		return fmt.Errorf("%s in %s: %w: it is at change %d, and %d was the last", c.name, c.redis, ErrMoved, now, change)
	case text[3] != strconv.FormatInt(length, 10):
		return fmt.Errorf("%s in %s: %w: of %s counts %d are there", c.name, c.redis, ErrMoved, text[3], length)
	}
	return nil
}

// counts is the key of a generation.
func (c *Counts) counts(generation string) string { return c.key + ":" + generation }

// Place is where the last change that was answered has brought them.
func (c *Counts) Place() Place {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.place
}

// Move moves the counts to the next place, whole or not at all. ErrFenced,
// ErrMoved.
func (c *Counts) Move(ctx context.Context, m Change) error {
	c.mu.Lock()
	epoch, change, before, terms := c.epoch, c.change, c.generation, c.place.Terms
	c.mu.Unlock()
	after := before
	if m.Instead != nil {
		var err error
		if after, err = c.fill(ctx, m.Instead); err != nil {
			return err
		}
		terms = m.Instead.Terms
	}
	keys := []string{c.key, c.counts(after)}
	if after != before {
		keys = append(keys, c.counts(before))
	}
	args := make([]any, 0, 11+2*len(m.Terms))
	args = append(args, epoch, change, before, terms, change+1, m.To.Cursor, m.To.Documents, m.To.Terms, m.To.Digest, m.To.Dropped, after)
	args = appendPairs(args, m.Terms, m.Counts)
	err := c.redis.do(ctx, func(ctx context.Context) error {
		return c.refused(c.scripts.apply.Run(ctx, c.redis.client, keys, args...).Err())
	})
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.change, c.place, c.generation = change+1, m.To, after
	return nil
}

// appendPairs writes terms and counts as a script takes them.
func appendPairs(args []any, terms []uint64, counts []uint32) []any {
	bytes := make([]byte, 0, 12*len(terms))
	for i, term := range terms {
		bytes = binary.LittleEndian.AppendUint64(bytes, term)
		bytes = binary.LittleEndian.AppendUint32(bytes, counts[i])
		at := bytes[12*i:]
		args = append(args, at[:8:8], at[8:12:12])
	}
	return args
}

// fill writes counts beside those that are in force, and returns their
// generation.
func (c *Counts) fill(ctx context.Context, all *Counted) (generation string, err error) {
	c.made++
	generation = c.epoch + "." + strconv.Itoa(c.made)
	begins := 1
	terms, counts := make([]uint64, 0, fieldsMax), make([]uint32, 0, fieldsMax)
	flush := func() {
		args := appendPairs([]any{c.epoch, generation, begins}, terms, counts)
		err = c.redis.do(ctx, func(ctx context.Context) error {
			return c.refused(c.scripts.fill.Run(ctx, c.redis.client, []string{c.key, c.counts(generation)}, args...).Err())
		})
		begins, terms, counts = 0, terms[:0], counts[:0]
	}
	flush()
	for term, count := range all.All {
		if err != nil {
			return "", err
		}
		terms, counts = append(terms, term), append(counts, count)
		if len(terms) == fieldsMax {
			flush()
		}
	}
	if len(terms) > 0 && err == nil {
		flush()
	}
	return generation, err
}

// Copy copies the counts as they are now, inside the Redis, to be read at
// leisure. There is one copy at a time.
func (c *Counts) Copy(ctx context.Context) error {
	c.mu.Lock()
	epoch, change, generation, terms := c.epoch, c.change, c.generation, c.place.Terms
	c.mu.Unlock()
	defer c.redis.wires.heed(ctx)()
	err := c.scripts.copy.Run(ctx, c.redis.client, []string{c.key, c.counts(generation), c.counts("copy")}, epoch, change, generation, terms).Err()
	return c.redis.explained(ctx, c.refused(err))
}

// Copied yields the terms of the copy with their counts, each once or more
// often, and removes it. It does not wait for a Redis that is gone.
func (c *Counts) Copied(ctx context.Context, each func(term uint64, count uint32)) error {
	key := c.counts("copy")
	defer c.redis.wires.heed(ctx)()
	for cursor := uint64(0); ; {
		pairs, next, err := c.redis.client.HScan(ctx, key, cursor, "", fieldsMax).Result()
		if err != nil {
			return c.redis.explained(ctx, err)
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			if len(pairs[i]) != 8 || len(pairs[i+1]) != 4 {
				return fmt.Errorf("%s in %s: %w", c.name, c.redis, ErrDamaged)
			}
			each(binary.LittleEndian.Uint64([]byte(pairs[i])), binary.LittleEndian.Uint32([]byte(pairs[i+1])))
		}
		if cursor = next; cursor == 0 {
			return c.redis.explained(ctx, c.redis.client.Unlink(ctx, key).Err())
		}
	}
}
