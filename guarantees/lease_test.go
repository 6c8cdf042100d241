package guarantees_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// process takes part in sharing, by a clock of its own that a test moves.
type process struct {
	*guarantees.Leases
	id      string
	now     time.Time
	notices []string
	turn    guarantees.Turn
}

var sharedPartitions = []string{"tokenize/0", "df/0", "df/1", "classify/0", "classify/1", "topics/0"}

func join(b *broker.Broker, bucket, id string, willing ...string) *process {
	p := &process{id: id, now: time.Unix(int64(len(id))*1e6, 0)} // no two clocks agree
	if len(willing) == 0 {
		willing = []string{"tokenize", "df", "classify", "topics"}
	}
	p.Leases = guarantees.NewLeases(guarantees.LeaseOptions{
		Broker: b, Bucket: bucket, Member: guarantees.Member{ID: id, Name: "host-1", Willing: willing}, Partitions: sharedPartitions,
		Now: func() time.Time { return p.now }, Notice: func(n string) { p.notices = append(p.notices, n) },
	})
	return p
}

// step lets time pass, takes a turn, and gives back what is to go.
func (p *process) step(ctx context.Context, t testing.TB, passes time.Duration) {
	t.Helper()
	p.now = p.now.Add(passes)
	turn, err := p.Turn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p.turn = turn
	if len(turn.Surplus) > 0 {
		if err := p.GiveBack(ctx, turn.Surplus); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *process) told(text string) bool {
	return slices.ContainsFunc(p.notices, func(n string) bool { return strings.Contains(n, text) })
}

// settle lets all take turns until they have what they are to have.
func settle(ctx context.Context, t testing.TB, all ...*process) {
	t.Helper()
	for range 60 {
		for _, p := range all {
			p.step(ctx, t, p.LookEvery())
		}
	}
	wantShared(t, all...)
}

// wantShared wants each partition to have one owner, and shares to be level.
func wantShared(t testing.TB, all ...*process) {
	t.Helper()
	owners := map[string]string{}
	for _, p := range all {
		for _, partition := range p.turn.Keep {
			if other, taken := owners[partition]; taken {
				t.Fatalf("%s and %s both have %s", other, p.id, partition)
			}
			owners[partition] = p.id
		}
		if n := len(p.turn.Keep); n < len(sharedPartitions)/len(all) || n > (len(sharedPartitions)+len(all)-1)/len(all) {
			t.Errorf("%s of %d has %v", p.id, len(all), p.turn.Keep)
		}
	}
	if len(owners) != len(sharedPartitions) {
		t.Errorf("owners %v", owners)
	}
}

// Properties: the first process takes all at once; the next one gets its share
// as soon as the first has handed it over; who leaves is followed at once.
func TestProcessesJoinAndLeave(t *testing.T) {
	b, ctx := brokertest.Embed(t), brokertest.Context(t)
	first, second := join(b, "leases", "first"), join(b, "leases", "second")
	first.step(ctx, t, 0)
	wantShared(t, first)
	second.step(ctx, t, 0)
	if len(second.turn.Keep) > 0 {
		t.Fatalf("the second takes %v from the first, who lives", second.turn.Keep)
	}
	first.step(ctx, t, 0) // it sees the second, and hands over
	second.step(ctx, t, 0)
	first.step(ctx, t, 0)
	wantShared(t, first, second)
	if !second.told("from host-1, which handed over") {
		t.Errorf("notices %q", second.notices)
	}
	if err := first.GiveBack(ctx, first.turn.Keep); err != nil {
		t.Fatal(err)
	}
	if err := first.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	second.step(ctx, t, 0)
	wantShared(t, second)
}

// Properties: what a silent process had is taken when it has been silent for
// the TTL, and not before; processes with one name are two.
func TestASilentProcessIsReplaced(t *testing.T) {
	b, ctx := brokertest.Embed(t), brokertest.Context(t)
	silent, other := join(b, "leases", "silent"), join(b, "leases", "other")
	settle(ctx, t, silent, other)
	had := silent.turn.Keep
	// It may have been silent for a third of the TTL already.
	passed := time.Duration(0)
	for passed < guarantees.LeaseTTL*2/3-2*other.LookEvery() {
		passed += other.LookEvery()
		other.step(ctx, t, other.LookEvery())
		if len(other.turn.Keep) != len(sharedPartitions)-len(had) {
			t.Fatalf("after %v it has %v", passed, other.turn.Keep)
		}
	}
	for passed < guarantees.LeaseTTL+2*other.LookEvery() {
		passed += other.LookEvery()
		other.step(ctx, t, other.LookEvery())
	}
	wantShared(t, other)
	if !other.told("which does not answer any more") {
		t.Errorf("notices %q", other.notices)
	}
	silent.step(ctx, t, 0) // it wakes, finds that it was replaced, and joins again
	if len(silent.turn.Keep) > 0 || !silent.told("lost ") {
		t.Errorf("awake it has %v; notices %q", silent.turn.Keep, silent.notices)
	}
	settle(ctx, t, silent, other)
}

// Properties: a clock that jumps, forward or back, takes nothing from anybody
// who lives, and so does a process that was asleep itself.
func TestClocksThatJumpDoNotMatter(t *testing.T) {
	b, ctx := brokertest.Embed(t), brokertest.Context(t)
	jumps, steady := join(b, "leases", "jumps"), join(b, "leases", "steady")
	settle(ctx, t, jumps, steady)
	had := slices.Clone(jumps.turn.Keep)
	for _, jump := range []time.Duration{time.Hour, -2 * time.Hour, 300 * 24 * time.Hour, -time.Nanosecond, guarantees.LeaseTTL} {
		jumps.step(ctx, t, jump)
		for range 30 {
			steady.step(ctx, t, steady.LookEvery())
			jumps.step(ctx, t, jumps.LookEvery())
			if !slices.Equal(jumps.turn.Keep, had) {
				t.Fatalf("after a jump of %v it has %v, before %v", jump, jumps.turn.Keep, had)
			}
		}
	}
}

// Properties: a bucket that somebody deletes is made again, people are told,
// and everybody keeps what they have.
func TestADeletedBucketIsMadeAgain(t *testing.T) {
	b, ctx := brokertest.Open(t, broker.Options{Store: brokertest.Dir(t), Listen: "127.0.0.1:0"}), brokertest.Context(t)
	all := []*process{join(b, "leases", "a"), join(b, "leases", "b"), join(b, "leases", "c")}
	settle(ctx, t, all...)
	var had [][]string
	for _, p := range all {
		had = append(had, slices.Clone(p.turn.Keep))
	}
	nc, err := nats.Connect(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteKeyValue(ctx, "leases"); err != nil {
		t.Fatal(err)
	}
	settle(ctx, t, all...)
	for i, p := range all {
		if !slices.Equal(p.turn.Keep, had[i]) {
			t.Errorf("%s has %v, before %v", p.id, p.turn.Keep, had[i])
		}
	}
	if !all[0].told("the bucket leases was deleted; it is made again") {
		t.Errorf("notices %q", all[0].notices)
	}
}

// Properties: keys that hold something else are no members, and free leases.
func TestForeignKeysDoNoHarm(t *testing.T) {
	b, ctx := brokertest.Embed(t), brokertest.Context(t)
	if err := b.CreateBucket(ctx, "leases"); err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{"lease.df.0": "\x00", "member.x": "[1", "lease.df.1": `{"owner":7}`, "other": "", "lease.df.99999": `{"owner":"a"}`} {
		if _, err := b.WriteKey(ctx, "leases", key, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	settle(ctx, t, join(b, "leases", "a"), join(b, "leases", "b"))
}

// Properties: a partition that nobody is willing to run is told of, once, and
// taken by the first who is.
func TestPartitionsThatNobodyRunsAreTold(t *testing.T) {
	b, ctx := brokertest.Embed(t), brokertest.Context(t)
	p := join(b, "leases", "a", "tokenize", "df", "classify")
	for range 100 {
		p.step(ctx, t, p.LookEvery())
	}
	told := slices.DeleteFunc(p.notices, func(n string) bool { return !strings.Contains(n, "nobody is willing to run topics/0") })
	if len(told) != 1 {
		t.Errorf("told %d times: %q", len(told), p.notices)
	}
	willing := join(b, "leases", "b", "topics")
	willing.step(ctx, t, 0)
	if !slices.Equal(willing.turn.Keep, []string{"topics/0"}) {
		t.Errorf("it has %v", willing.turn.Keep)
	}
}

// Properties: however processes join, leave, die, sleep and look, no two have
// one lease at a time who both have looked since, and when it is calm again each
// partition has one owner and shares are level.
func TestSharingSettlesAfterAnything(t *testing.T) {
	b, ctx := brokertest.Embed(t), brokertest.Context(t)
	bucket := 0
	rapid.Check(t, func(rt *rapid.T) {
		bucket++
		name := fmt.Sprintf("leases-%d", bucket)
		living := map[string]*process{}
		random := func(what string) *process {
			if len(living) == 0 {
				return nil
			}
			return living[rapid.SampledFrom(slices.Sorted(maps.Keys(living))).Draw(rt, what)]
		}
		joined := 0
		rt.Repeat(map[string]func(*rapid.T){
			"join": func(*rapid.T) {
				if joined++; len(living) < 5 {
					p := join(b, name, fmt.Sprintf("p%02d", joined))
					living[p.id] = p
				}
			},
			"turn": func(rt *rapid.T) {
				if p := random("who"); p != nil {
					p.step(ctx, t, time.Duration(rapid.IntRange(0, 2000).Draw(rt, "ms"))*time.Millisecond)
				}
			},
			"leave": func(*rapid.T) {
				if p := random("who"); p != nil {
					if err := p.GiveBack(ctx, append(p.turn.Keep, p.turn.Surplus...)); err != nil {
						t.Fatal(err)
					}
					if err := p.Leave(ctx); err != nil {
						t.Fatal(err)
					}
					delete(living, p.id)
				}
			},
			"die": func(*rapid.T) {
				if p := random("who"); p != nil {
					delete(living, p.id)
				}
			},
		})
		if len(living) > 0 {
			settle(ctx, t, slices.Collect(maps.Values(living))...)
		}
	})
}

func BenchmarkTurn(b *testing.B) {
	s, ctx := brokertest.Embed(b), brokertest.Context(b)
	all := []*process{join(s, "leases", "a"), join(s, "leases", "b"), join(s, "leases", "c")}
	settle(ctx, b, all...)
	b.ReportAllocs()
	for b.Loop() {
		all[0].step(ctx, b, all[0].LookEvery())
	}
}
