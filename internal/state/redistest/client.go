package redistest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Raw is a client with which a test does what the project does not.
type Raw struct{ client *redis.Client }

// Client connects to the one at a URL.
func Client(tb testing.TB, url string) Raw {
	tb.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		tb.Fatal(err)
	}
	o.Protocol = 2
	c := redis.NewClient(o)
	tb.Cleanup(func() { _ = c.Close() })
	return Raw{c}
}

// Do sends a command and returns the answer as text.
func (r Raw) Do(tb testing.TB, args ...any) string {
	tb.Helper()
	v, err := r.client.Do(tb.Context(), args...).Result()
	if err != nil && err != redis.Nil {
		tb.Fatalf("%v: %v", args[0], err)
	}
	return fmt.Sprint(v)
}

// Keys are all there are, in order.
func (r Raw) Keys(tb testing.TB) []string {
	tb.Helper()
	keys, err := r.client.Keys(tb.Context(), "*").Result()
	if err != nil {
		tb.Fatal(err)
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}
