package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"tidings"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
	"tidings/pipeline"
)

// liveKills is how often a process that takes documents is killed while
// clients send.
const liveKills = 8

// sender sends one document and returns what became of it.
type sender func(line string) (ingest.Answer, error)

// Properties, of a process that takes documents and is killed with SIGKILL at
// random moments, with its broker or without, and started again, while many
// clients send each document until they are told where it is:
//   - each document is in the log exactly once, where its client was told.
func TestAKilledIngestTakesEachDocumentOnce(t *testing.T) {
	t.Run("with its broker, over HTTP", func(t *testing.T) {
		dir, web := brokertest.Dir(t), brokertest.FreeAddress(t)
		args := []string{"--store", dir, "--http", web}
		told := killedWhileClientsSend(t, args, func(client int) sender { return poster(t, "http://"+web+"/documents") })
		b := brokertest.Open(t, broker.Options{Store: dir})
		eachOnce(t, b, told)
	})
	t.Run("beside its broker, over NATS", func(t *testing.T) {
		s := brokertest.Serve(t)
		// Another one that serves too: what one has accepted the other knows.
		other := start(t, "ingest", "--nats", s.URL(), "--from", "in")
		other.find(t, `(documents are taken)`)
		told := killedWhileClientsSend(t, []string{"--nats", s.URL(), "--from", "in"}, func(int) sender { return requester(t, s.URL()) })
		eachOnce(t, s.Broker, told)
	})
}

// killedWhileClientsSend runs ingest and kills it again and again. It returns
// the position of each document as clients know it.
func killedWhileClientsSend(t *testing.T, args []string, connect func(client int) sender) map[string]string {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	ctx, stop := context.WithTimeout(t.Context(), brokertest.Patience)
	defer stop()
	var mu sync.Mutex
	told := map[string]string{}
	killing := make(chan struct{}) // closed when no more is killed
	var sending sync.WaitGroup
	for client := range 16 {
		send := connect(client)
		sending.Go(func() {
			for i, last := 0, false; !last; i++ {
				select {
				case <-killing:
					last = true // one more, which nobody disturbs
				default:
				}
				id := fmt.Sprintf("%d-%d", client, i)
				position, err := insist(ctx, send, id)
				if err != nil {
					t.Errorf("document %s: %v", id, err)
					return
				}
				mu.Lock()
				told[id] = position
				mu.Unlock()
			}
		})
	}
	for range liveKills {
		p := start(t, "ingest", args...)
		p.find(t, `(documents are taken)`)
		<-time.After(20*time.Millisecond + time.Duration(random.Int64N(int64(300*time.Millisecond))))
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-p.done
	}
	p := start(t, "ingest", args...)
	p.find(t, `(documents are taken)`)
	close(killing)
	sending.Wait()
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	p.end(t, 130)
	return told
}

// insist sends a document until it is accepted.
func insist(ctx context.Context, send sender, id string) (position string, err error) {
	line := fmt.Sprintf(`{"id":%q,"text":"text of %s"}`, id, id)
	for ctx.Err() == nil {
		var a ingest.Answer
		switch a, err = send(line); {
		case err != nil:
		case a.Status == ingest.Accepted:
			return a.Position, nil
		case a.Status == ingest.Refused:
			return "", fmt.Errorf("it is refused: %+v", a)
		}
	}
	return "", errors.Join(ctx.Err(), err)
}

// poster sends documents over HTTP.
func poster(t *testing.T, url string) sender {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	return func(line string) (a ingest.Answer, err error) {
		response, err := client.Post(url, "application/json", strings.NewReader(line))
		if err != nil {
			return a, err
		}
		data, err := io.ReadAll(response.Body)
		if err := errors.Join(err, response.Body.Close(), json.Unmarshal(data, &a)); err != nil {
			return a, err
		}
		return a, nil
	}
}

// requester sends documents as NATS requests.
func requester(t *testing.T, url string) sender {
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return func(line string) (a ingest.Answer, err error) {
		m, err := nc.Request(ingest.LiveSubject(pipeline.NameDefault), []byte(line), 2*time.Second)
		if err != nil {
			return a, err
		}
		return a, json.Unmarshal(m.Data, &a)
	}
}

// eachOnce wants the log to hold the documents that clients know of, each
// where they were told, and nothing else.
func eachOnce(t *testing.T, b *broker.Broker, told map[string]string) {
	t.Helper()
	stands := map[string]string{}
	for _, r := range brokertest.Records(t, b, pipeline.NameDefault.LogStream().Name) {
		for i, line := range bytes.Split(r.Data, []byte{'\n'}) {
			var d struct{ ID string }
			if err := json.Unmarshal(line, &d); err != nil {
				t.Fatal(err)
			}
			position := tidings.Position{Sequence: r.Sequence, Line: uint32(i)}.String()
			if other, twice := stands[d.ID]; twice {
				t.Errorf("%s is at %s and at %s", d.ID, other, position)
			}
			stands[d.ID] = position
		}
	}
	for id, position := range told {
		if stands[id] != position {
			t.Errorf("%s is at %q, its client was told %s", id, stands[id], position)
		}
	}
	if len(stands) != len(told) || len(told) < 16*liveKills {
		t.Errorf("%d documents are in the log, clients know of %d", len(stands), len(told))
	}
	t.Logf("%d documents, %d kills", len(told), liveKills)
}
