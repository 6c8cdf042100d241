package guarantees

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidings/internal/broker"
)

// lease is the value of a lease's key.
type lease struct {
	Owner string `json:"owner,omitempty"` // a member's id; "" when it was given back
	Name  string `json:"name,omitempty"`  // of the last owner
	Epoch uint64 `json:"epoch"`           // how often it changed hands
}

// member is the value of a member's key.
type member struct {
	Name    string   `json:"name"`
	Willing []string `json:"willing"`
}

const (
	memberKeys = "member."
	leaseKeys  = "lease."
)

func leaseKey(partition string) string { return leaseKeys + strings.ReplaceAll(partition, "/", ".") }

// silence is how long a member has not been heard of.
type silence struct {
	revision uint64
	age      time.Duration
}

// known is an entry that we wrote, while a replica may still show an older one.
type known struct {
	entry broker.Entry
	age   time.Duration
}

// view is what a look shows.
type view struct {
	revision uint64 // of our own key, 0 when it is not there
	members  []Member
	gone     []broker.Entry          // keys of members that have gone
	leases   map[string]broker.Entry // by partition
	owners   map[string]string       // by partition: the living member that has it
}

// look reads the bucket, and makes it when it is not there.
func (l *Leases) look(ctx context.Context, elapsed time.Duration) (v view, err error) {
	entries, err := l.o.Broker.Entries(ctx, l.o.Bucket)
	if errors.Is(err, broker.ErrEmpty) {
		if err := l.o.Broker.CreateBucket(ctx, l.o.Bucket); err != nil {
			return v, err
		}
		if l.began {
			l.known = map[string]known{}
			l.o.Notice(fmt.Sprintf("the bucket %s was deleted; it is made again. Nothing is lost: the partitions' streams tell who owns them", l.o.Bucket))
		}
	} else if err != nil {
		return v, err
	}
	l.began = true
	v = view{leases: map[string]broker.Entry{}, owners: map[string]string{}}
	l.remember(entries, elapsed)
	byKey := map[string]broker.Entry{}
	for _, e := range entries {
		if id, ok := strings.CutPrefix(e.Key, memberKeys); ok {
			l.meet(&v, id, e, elapsed)
		}
		byKey[e.Key] = e
	}
	l.forget(byKey)
	v.members = append(v.members, l.o.Member)
	if len(v.members) > MembersMax && l.revision == 0 {
		return v, fmt.Errorf("%d processes share this pipeline already, the limit is %d: stop some", len(v.members)-1, MembersMax)
	}
	for _, p := range l.o.Partitions {
		e, ok := byKey[leaseKey(p)]
		if k := l.known[leaseKey(p)]; k.entry.Revision > e.Revision {
			e, ok = k.entry, true
		}
		if !ok {
			continue
		}
		v.leases[p] = e
		if owner := parseLease(e).Owner; slices.ContainsFunc(v.members, func(m Member) bool { return m.ID == owner }) {
			v.owners[p] = owner
		}
	}
	return v, nil
}

// meet looks at the key of a member.
func (l *Leases) meet(v *view, id string, e broker.Entry, elapsed time.Duration) {
	if id == l.o.Member.ID {
		v.revision = e.Revision
		return
	}
	s := l.silence[id]
	if s.revision != e.Revision {
		s = silence{revision: e.Revision}
	} else {
		s.age += elapsed
	}
	l.silence[id] = s
	var m member
	if s.age >= l.o.TTL || json.Unmarshal(e.Value, &m) != nil {
		v.gone = append(v.gone, e)
		return
	}
	v.members = append(v.members, Member{ID: id, Name: m.Name, Willing: m.Willing})
}

// remember lets go of what we wrote when it can be seen, or should have been.
func (l *Leases) remember(entries []broker.Entry, elapsed time.Duration) {
	for key, k := range l.known {
		k.age += elapsed
		l.known[key] = k
		i := slices.IndexFunc(entries, func(e broker.Entry) bool { return e.Key == key })
		if k.age > l.o.TTL/3 || i >= 0 && entries[i].Revision >= k.entry.Revision {
			delete(l.known, key)
		}
	}
}

// forget drops what is kept of members whose keys are no more.
func (l *Leases) forget(byKey map[string]broker.Entry) {
	for id := range l.silence {
		if _, ok := byKey[memberKeys+id]; !ok {
			delete(l.silence, id)
		}
	}
}

func parseLease(e broker.Entry) (v lease) {
	if json.Unmarshal(e.Value, &v) != nil {
		return lease{} // somebody else wrote it: it is free
	}
	return v
}

// list names partitions: "df/0-3, classify/1".
func list(partitions []string) string {
	var out []string
	for i := 0; i < len(partitions); {
		stage := stageOf(partitions[i])
		first, last := numberOf(partitions[i]), numberOf(partitions[i])
		for i++; i < len(partitions) && stageOf(partitions[i]) == stage && numberOf(partitions[i]) == last+1; i++ {
			last++
		}
		name := fmt.Sprintf("%s/%d", stage, first)
		if last > first {
			name += fmt.Sprintf("-%d", last)
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

func numberOf(partition string) int {
	_, number, _ := strings.Cut(partition, "/")
	n, err := strconv.Atoi(number)
	if err != nil {
		return -1
	}
	return n
}
