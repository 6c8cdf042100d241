package eval_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"tidings"
	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/features"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/model"
	"tidings/pipeline"
)

// Properties: each promotion that cannot take effect is a dead letter that says
// why, and changes nothing; the judgement holds when the version comes later.
func TestPromotionsThatCannotBeAreDeadLetters(t *testing.T) {
	documents := evaltest.Documents(60)
	for _, n := range []int{1, 2} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			b := evaltest.Broker(t)
			p := evaltest.Plan(t, "bad", n, "")
			if err := pipeline.Create(t.Context(), b, p); err != nil {
				t.Fatal(err)
			}
			s := pipeline.NewPromotions(b, p)
			other := trained(t, model.Default, features.Options{HashBits: 18}, documents)
			info, err := s.Save(t.Context(), other)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Promote(t.Context(), info.Number); err == nil || !strings.Contains(err.Error(), "hash_bits") {
				t.Errorf("promoted with other features: %v", err)
			}
			if _, err := s.Promote(t.Context(), 9); !errors.As(err, new(*pipeline.NoVersionError)) {
				t.Errorf("promoted what is not there: %v", err)
			}
			broken, err := s.Save(t.Context(), trained(t, "ftrl", p.Features, documents))
			if err != nil {
				t.Fatal(err)
			}
			if err := b.PutObject(t.Context(), "bad-versions", broker.Object{Name: fmt.Sprint(broken.Number), Meta: objectMeta(t, b, "bad-versions", broken.Number)}, []byte("tidingsV, and no more")); err != nil {
				t.Fatal(err)
			}
			next := trained(t, model.Default, p.Features, documents)
			data, err := next.Encode()
			if err != nil {
				t.Fatal(err)
			}
			record := func(number uint64, digest string) string {
				return fmt.Sprintf(`{"kind":"promote","version":%d,"digest":%q,"updates":%d,"chain":"%v"}`, number, digest, next.Updates, next.Chain)
			}
			fill(t, b, p.Pipeline, documents[:30], 4)
			bodies := []struct {
				body string
				want tidings.Reason
			}{
				{record(info.Number, info.Digest), pipeline.ReasonVersionFeatures},
				{record(info.Number, broken.Digest), pipeline.ReasonNoVersion},
				{record(3, pipeline.VersionDigest(data)), pipeline.ReasonNoVersion}, // which comes later
				{record(broken.Number, broken.Digest), pipeline.ReasonVersionDamaged},
				{`{"kind":"promote"}`, pipeline.ReasonBadPromotion},
				{`{"kind":"promote","version":"x"}`, pipeline.ReasonBadPromotion},
				{`{"kind":"demote"}`, pipeline.ReasonUnknownRecord},
			}
			for _, body := range bodies {
				if err := put(t, b, p.Pipeline, body.body); err != nil {
					t.Fatal(err)
				}
			}
			fill(t, b, p.Pipeline, documents[30:], 4)
			var reasons []tidings.Reason
			var details []string
			tally := run(t, b, p, func(u *pipeline.Unit) {
				for i := range u.Entries {
					if e := &u.Entries[i]; e.Kind == pipeline.DeadLetter {
						reasons, details = append(reasons, e.Reason), append(details, e.Detail)
					}
				}
			})
			for i, body := range bodies {
				if i >= len(reasons) || reasons[i] != body.want {
					t.Fatalf("%v, want %v of %s\n%s", reasons, body.want, body.body, strings.Join(details, "\n"))
				}
			}
			if tally.Promotions != 0 || tally.DeadLetters != uint64(len(bodies)) {
				t.Errorf("%d promotions, %d dead letters", tally.Promotions, tally.DeadLetters)
			}
			if later, _, err := s.Import(t.Context(), data); err != nil || later.Number != 3 {
				t.Fatalf("%+v, %v", later, err)
			}
			if report := evaltest.CheckFinished(t, b, p); len(report.Findings) > 0 {
				t.Error(report.Findings)
			}
			again := oracle(t, b, p, nil).Tally.Summary(p)
			if got := tally.Summary(p); got.ModelDigest != again.ModelDigest || got.PredictionsDigest != again.PredictionsDigest || got.DeadLetters != again.DeadLetters {
				t.Errorf("\n got %+v\nwant %+v", got, again)
			}
		})
	}
}

// objectMeta is what is stored beside a version.
func objectMeta(tb testing.TB, b *broker.Broker, bucket string, number uint64) map[string]string {
	tb.Helper()
	all, err := b.Objects(tb.Context(), bucket)
	if err != nil {
		tb.Fatal(err)
	}
	for _, o := range all {
		if o.Name == fmt.Sprint(number) {
			return o.Meta
		}
	}
	tb.Fatalf("no version %d", number)
	return nil
}

// put puts a control record into a log.
func put(tb testing.TB, b *broker.Broker, name pipeline.Name, body string) error {
	tb.Helper()
	last, err := b.LastSequence(tb.Context(), name.LogStream().Name)
	if err == nil {
		_, err = b.Put(tb.Context(), name.LogStream().Name, name.LogSubject(pipeline.ControlRecord, pipeline.PromoteSource), "", last, nil, []byte(body))
	}
	return err
}

// Properties: a pipeline whose promoted version has gone stops and says which
// one, and what brings it back; imported again under another number it goes on
// to the same results.
func TestPromotedVersionThatHasGone(t *testing.T) {
	documents := evaltest.Documents(200)
	for _, n := range []int{1, 2} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			b := evaltest.Broker(t)
			p := evaltest.Plan(t, "gone", n, "")
			if err := pipeline.Create(t.Context(), b, p); err != nil {
				t.Fatal(err)
			}
			fill(t, b, p.Pipeline, documents[:100], 4)
			promote(t, b, p, trained(t, "ftrl", p.Features, documents[:50]))
			fill(t, b, p.Pipeline, documents[100:], 4)
			want := run(t, b, p, nil).Summary(p)
			s := pipeline.Versions{Broker: b, Pipeline: p.Pipeline}
			info, err := s.Info(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			data, err := s.Data(t.Context(), info)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.DeleteObject(t.Context(), "gone-versions", "1"); err != nil {
				t.Fatal(err)
			}
			fill(t, b, p.Pipeline, documents[:10], 4)
			ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
			defer cancel()
			if _, err := eval.Run(ctx, b, p, nil, nil); err == nil || !strings.Contains(err.Error(), "version 1 took over at") || !strings.Contains(err.Error(), "train import") {
				t.Fatalf("without its version: %v", err)
			}
			if again, _, err := s.Import(t.Context(), data); err != nil || again.Number != 2 {
				t.Fatalf("%+v, %v", again, err)
			}
			tally := run(t, b, p, nil)
			truth := oracle(t, b, p, nil).Tally.Summary(p)
			if got := tally.Summary(p); got.ModelDigest != truth.ModelDigest || got.PredictionsDigest != truth.PredictionsDigest || got.ModelDigest == want.ModelDigest {
				t.Errorf("\n got %+v\nwant %+v", got, truth)
			}
		})
	}
}
