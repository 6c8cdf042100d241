package pipeline

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/model"
	"tidings/pipeline/topics"
)

// newVersion is one that has learnt something else.
func newVersion(t *testing.T, p Plan) *ModelVersion {
	m, err := model.New(p.Model, p.Options)
	if err != nil {
		t.Fatal(err)
	}
	v := &ModelVersion{VersionHead: VersionHead{Chain: 7}, Model: m, DF: features.NewDF(p.Features), Met: features.NewDocuments(p.Features)}
	for i, label := range []string{"a", "z", "b"} {
		v.Met.Add(noTime)
		v.DF.Tick(noTime)
		hash := xxhash.Sum64String(fmt.Sprint("w", i))
		v.DF.Observe(v.DF.Resolve(nil, []uint64{hash})[0])
		if err := m.Learn(tidings.Vector{Index: []uint32{uint32(hash) & 0xffff}, Value: []float64{1}}, label, nil); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// drawLog makes a log of two sources that come to an end: documents in some
// disorder, some of them much too late or from the future, labels that come later,
// idle marks, ends, barriers, promotions, rejects and what cannot be read.
func drawLog(random *rand.Rand, messages int) (log []broker.Record) {
	put := func(kind, source, data string) {
		n := len(log) + 1
		log = append(log, broker.Record{Sequence: uint64(n), Subject: "p.log." + kind + "." + source, Time: time.Unix(int64(1_000_000+60*n), 0), Data: []byte(data)})
	}
	ids := 0
	for len(log) < messages {
		source := []string{"s1", "s2"}[random.IntN(2)]
		var lines []string
		for range 1 + random.IntN(4) {
			switch at := 1_000_000 + 60*len(log) - random.IntN(600); {
			case random.IntN(25) == 0:
				lines = append(lines, "{")
				continue
			default:
				switch random.IntN(14) {
				case 0, 1:
					at -= 3600 * (1 + random.IntN(6))
				case 2:
					at += 1_000_000
				}
				ids++
				var words []string
				for range 1 + random.IntN(8) {
					words = append(words, fmt.Sprint("w", min(random.IntN(40), random.IntN(40))))
				}
				label := []string{"", "", "a", "b", "c"}[random.IntN(5)]
				lines = append(lines, fmt.Sprintf(`{"id":"d%d","time":%q,"label":%q,"text":%q}`, ids, time.Unix(int64(at), 0).UTC().Format(time.RFC3339), label, strings.Join(words, " ")))
			}
		}
		switch random.IntN(20) {
		case 0:
			put(ControlRecord, source, IdleMark)
		case 1:
			put(ControlRecord, source, EndMark)
		case 2:
			put(ControlRecord, BarrierSource, fmt.Sprintf(`{"kind":"barrier","number":%d}`, len(log)))
		case 3:
			put(RejectRecord, source, `{"id":"x","reason":"no_text","detail":"row 7"}`)
		case 4:
			put(ControlRecord, PromoteSource, line(control{promoteKind, Promotion{Number: 1, Digest: VersionDigest(nil), Updates: 3, Chain: 7}}))
		case 5, 6:
			put(LabelRecord, source, fmt.Sprintf(`{"id":"d%d","label":"b"}`, random.IntN(ids+1)))
		default:
			put(ArticleRecord, source, strings.Join(lines, "\n"))
		}
	}
	put(ControlRecord, "s1", EndMark)
	put(ControlRecord, "s2", EndMark)
	return log
}

// recutPlan is one that is run, of options that have to do with windows most of all.
func recutPlan(t *testing.T, random *rand.Rand, round int) Plan {
	p := Plan{Pipeline: "p", Guarantee: guarantees.ExactlyOnce, Recovery: []string{guarantees.Commit, guarantees.Replay}[round%2]}
	n := func() int { return 1 + random.IntN(3) }
	if p.Partitions = (Partitions{n(), n(), n(), n()}); round%5 == 4 {
		p.Partitions = Partitions{1, 1, 1, 1}
	}
	for _, s := range []string{"tumbling:10m", "sliding:30m/10m", "count:7", "session:5m"} {
		if d, err := topics.Parse(s); err != nil {
			t.Fatal(err)
		} else if random.IntN(2) == 0 {
			p.Topics.Windows = append(p.Topics.Windows, d)
		}
	}
	p.Topics.OutOfOrder = time.Duration(random.IntN(2)) * 5 * time.Minute
	p.Topics.Lateness = time.Duration(random.IntN(2)) * 10 * time.Minute
	p.Topics.EmitDocuments = uint64(random.IntN(2) * 11)
	p.Topics.EmitTime = time.Duration(random.IntN(2)) * time.Hour
	p.Topics.PopularUntil = float64(random.IntN(2)) / 20
	p.Topics.By = []topics.By{topics.ByAll, topics.BySource, topics.ByLabel}[random.IntN(3)]
	if random.IntN(3) == 0 {
		p.Topics.Bursts, p.Topics.Stories = 3, 3
	}
	if random.IntN(3) == 0 {
		p.Features.DFHalfLife = features.HalfLife{Documents: 100}
	}
	p.LabelWait = LabelWait{Documents: 20}
	p = p.WithDefaults()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	return p
}
