package pipeline_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"tidings/internal/broker/brokertest"
	"tidings/model"
	"tidings/pipeline"
)

// Properties: versions get the numbers 1, 2, 3 and keep them; what is saved is
// what is loaded; the same bytes imported are the version that they are already;
// asking for one that is not there tells which are.
func TestVersionsAreNumbered(t *testing.T) {
	b, ctx := brokertest.Embed(t), brokertest.Context(t)
	s := pipeline.Versions{Broker: b, Pipeline: "numbered"}
	if all, err := s.List(ctx); err != nil || len(all) != 0 {
		t.Errorf("before the first: %v, %v", all, err)
	}
	if _, err := s.Info(ctx, 1); err == nil || !strings.Contains(err.Error(), "it has none yet") {
		t.Errorf("before the first: %v", err)
	}
	data := encoded(t, version(t, model.Default))
	for want := uint64(1); want <= 3; want++ {
		info, err := s.Save(ctx, version(t, model.Default))
		if err != nil || info.Number != want || info.Digest != pipeline.VersionDigest(data) || info.Note != "a note" {
			t.Fatalf("version %d: %+v, %v", want, info, err)
		}
	}
	if info, known, err := s.Import(ctx, data); err != nil || !known || info.Number != 1 {
		t.Errorf("imported what is there: %+v, %t, %v", info, known, err)
	}
	if info, known, err := s.Import(ctx, encoded(t, version(t, "ftrl"))); err != nil || known || info.Number != 4 || info.Model != "ftrl" {
		t.Errorf("imported another: %+v, %t, %v", info, known, err)
	}
	if _, _, err := s.Import(ctx, data[:len(data)-1]); !errors.Is(err, pipeline.ErrVersionDamaged) {
		t.Errorf("imported half a version: %v", err)
	}
	all, err := s.List(ctx)
	if err != nil || len(all) != 4 || all[3].Number != 4 || all[0].Bytes != uint64(len(data)) {
		t.Errorf("%+v, %v", all, err)
	}
	v, info, err := s.Load(ctx, 4)
	if err != nil || info.Number != 4 || v.VersionHead.Model != "ftrl" || v.Version() != (pipeline.Version{Updates: 4, Chain: 0x0123456789abcdef}) {
		t.Errorf("%+v, %v", info, err)
	}
	var missing *pipeline.NoVersionError
	if _, _, err := s.Load(ctx, 7); !errors.As(err, &missing) || !strings.Contains(err.Error(), "has no version 7; there are 1, 2, 3, 4") {
		t.Errorf("one that is not there: %v", err)
	}
}

// Properties: writers beside each other never share a number.
func TestVersionsOfTwoWritersHaveTwoNumbers(t *testing.T) {
	b, ctx := brokertest.Embed(t), brokertest.Context(t)
	const writers, each = 4, 5
	var running sync.WaitGroup
	numbers := make(chan uint64, writers*each)
	for range writers {
		v := version(t, model.Default)
		running.Go(func() {
			for range each {
				info, err := (pipeline.Versions{Broker: b, Pipeline: "both"}).Save(ctx, v)
				if err != nil {
					t.Error(err)
				}
				numbers <- info.Number
			}
		})
	}
	running.Wait()
	close(numbers)
	seen := map[uint64]bool{}
	for n := range numbers {
		if seen[n] || n < 1 || n > writers*each {
			t.Errorf("number %d again, or out of order", n)
		}
		seen[n] = true
	}
	all, err := (pipeline.Versions{Broker: b, Pipeline: "both"}).List(ctx)
	if err != nil || len(all) != writers*each {
		t.Errorf("%d are stored, %v", len(all), err)
	}
}
