package ingest_test

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
	"tidings/pipeline"
)

// Properties, of a log that somebody purges while a source is fed into it, and
// into which another source goes on writing:
//   - the run ends and says so; it does not try for ever, nor begin anew.
func TestAPurgedSourceIsNotFedOn(t *testing.T) {
	s := brokertest.Serve(t)
	ctx := brokertest.Context(t)
	nc, err := nats.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	o := ingest.Options{Pipeline: "purged", Source: "rows", Resumable: true, Pack: 1, Clock: clock{now: noon}}
	log := o.Pipeline.LogStream().Name
	purged := false
	o.Rows = func(ingest.Counts) {
		if purged {
			return
		}
		purged = true
		stream, err := js.Stream(ctx, log)
		if err == nil {
			err = stream.Purge(ctx)
		}
		if err == nil {
			_, err = s.Put(ctx, log, o.Pipeline.LogSubject(pipeline.ArticleRecord, "other"), "", 1, nil, []byte(`{"id":"x","text":"y"}`))
		}
		if err != nil {
			t.Error(err)
		}
	}
	rows := mixed(brokertest.Random(t), 50)
	if _, err := ingest.Run(ctx, s.Broker, &source{rows: rows}, o); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "gone from the log") {
		t.Errorf("the run ends with %v", err)
	}
	if n, err := s.LastSequence(ctx, log); n != 2 || err != nil {
		t.Errorf("%d records were stored, 2 should be (%v)", n, err)
	}
}
