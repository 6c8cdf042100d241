package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"tidings/internal/broker"
)

// WindowsBucket has the newest result of each definition and key of windows, for
// whoever joins late: under final.DEFINITION or final.DEFINITION.KEY, and what
// was told of open windows under provisional. instead. The value is a WindowLine.
// See WindowKey for how definitions and keys are written.
func (n Name) WindowsBucket() string { return string(n) + "-windows" }

// WindowKey is where the newest final or provisional result of a definition and a
// key stands in the bucket. Letters, digits, - and / stay as they are, ':' is
// '_', all other bytes are written as '=' and two hexadecimal digits.
func WindowKey(definition, key string, provisional bool) string {
	begin := "final."
	if provisional {
		begin = "provisional."
	}
	s := begin + keyToken(definition)
	if key != "" {
		s += "." + keyToken(key)
	}
	return s
}

func keyToken(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '/':
			b.WriteByte(c)
		case c == ':':
			b.WriteByte('_')
		default:
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}

// LatestWindows are the newest final windows that a projection has left in the
// bucket, by definition and key in no order, broker.ErrEmpty where none has. A
// replica of the broker that lags behind may answer.
func LatestWindows(ctx context.Context, b *broker.Broker, name Name) (lines []WindowLine, err error) {
	entries, err := b.Entries(ctx, name.WindowsBucket())
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		var l WindowLine
		if err := json.Unmarshal(e.Value, &l); err != nil {
			return nil, fmt.Errorf("bucket %s, key %s: no window stands there: %w; delete the key, and the projection writes it anew with the next window", name.WindowsBucket(), e.Key, err)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// latestWindows puts the newest results into the bucket: never an older one over
// a newer one, whoever else writes there.
type latestWindows struct {
	broker  *broker.Broker
	bucket  string
	known   map[string]latestWindow // by key of the bucket
	pending map[string]*WindowLine  // that are newer
	order   []string                // of pending
}

// latestWindow is what stands under a key.
type latestWindow struct {
	place    windowPlace
	revision uint64
}

// openLatest reads what is there. The lines are the final ones.
func openLatest(ctx context.Context, b *broker.Broker, name Name) (l *latestWindows, final []WindowLine, err error) {
	l = &latestWindows{broker: b, bucket: name.WindowsBucket(), known: map[string]latestWindow{}, pending: map[string]*WindowLine{}}
	if err := b.CreateBucket(ctx, l.bucket); err != nil {
		return nil, nil, err
	}
	entries, err := b.Entries(ctx, l.bucket)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if line, ok := l.learn(e.Key, e.Value, e.Revision); ok && !line.Provisional {
			final = append(final, line)
		}
	}
	return l, final, nil
}

// learn takes note of what stands under a key. What is no window is older than any.
func (l *latestWindows) learn(key string, value []byte, revision uint64) (line WindowLine, ok bool) {
	if ok = json.Unmarshal(value, &line) == nil; ok {
		l.known[key] = latestWindow{placeOfWindow(&line.Window), revision}
	} else {
		l.known[key] = latestWindow{revision: revision}
	}
	return line, ok
}

// note remembers the results that are newer than what is there.
func (l *latestWindows) note(lines []WindowLine) {
	for i := range lines {
		line := &lines[i]
		key := WindowKey(line.Definition, line.Key, line.Provisional)
		newest, there := l.pending[key]
		if there && placeOfWindow(&newest.Window).compare(placeOfWindow(&line.Window)) >= 0 {
			continue
		}
		known, stands := l.known[key]
		if stands && known.place.compare(placeOfWindow(&line.Window)) >= 0 || !stands && !there && len(l.known)+len(l.pending) >= 2*WindowKeysMax {
			continue
		}
		if !there {
			l.order = append(l.order, key)
		}
		l.pending[key] = line
	}
}

// put stores what was noted.
func (l *latestWindows) put(ctx context.Context, name func(context.Context, *WindowLine) error) error {
	for _, key := range l.order {
		line := l.pending[key]
		if err := name(ctx, line); err != nil {
			return err
		}
		if err := l.store(ctx, key, line); err != nil {
			return err
		}
	}
	clear(l.pending)
	l.order = l.order[:0]
	return nil
}

// store puts a result under its key, as long as what stands there is older.
func (l *latestWindows) store(ctx context.Context, key string, line *WindowLine) error {
	value, err := json.Marshal(line)
	if err != nil {
		return err
	}
	place := placeOfWindow(&line.Window)
	for {
		known, stands := l.known[key]
		if stands && known.place.compare(place) >= 0 {
			return nil
		}
		revision, err := l.broker.SetKey(ctx, l.bucket, key, value, known.revision)
		if err == nil {
			l.known[key] = latestWindow{place, revision}
			return nil
		}
		if !errors.Is(err, broker.ErrConflict) {
			return err
		}
		if err := l.look(ctx, key); err != nil {
			return err
		}
	}
}

// look reads again what stands under a key.
func (l *latestWindows) look(ctx context.Context, key string) error {
	entry, err := l.broker.KeyEntry(ctx, l.bucket, key)
	if errors.Is(err, broker.ErrEmpty) {
		delete(l.known, key)
		return nil
	}
	if err != nil {
		return err
	}
	l.learn(key, entry.Value, entry.Revision)
	return nil
}
