package ingest_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
)

// benchDocuments is how many documents one round of a benchmark sends.
const benchDocuments = 4096

// BenchmarkLive tells how many documents a second enter, and how long a client
// waits for the answer to one request, over TCP on this machine. Documents have
// 300 bytes of text, as news in brief do.
func BenchmarkLive(b *testing.B) {
	text := strings.Repeat("ministers met in Vienna to talk about the price of bread ", 6)[:300]
	for _, test := range []struct {
		way           string
		clients, each int // documents a request
	}{
		{"nats", 1, 1}, {"nats", 16, 1}, {"nats", 256, 1}, {"nats", 1, 256}, {"nats", 16, 256},
		{"http", 1, 1}, {"http", 16, 1}, {"http", 256, 1}, {"http", 1, 256}, {"http", 16, 256},
	} {
		b.Run(fmt.Sprintf("%s/clients=%d/documents=%d", test.way, test.clients, test.each), func(b *testing.B) {
			s := brokertest.Serve(b)
			o := ingest.LiveOptions{Pipeline: "bench", HTTP: "127.0.0.1:0"}
			live, _ := serveLive(b, brokertest.Connect(b, s.Address()), o)
			var next atomic.Uint64
			var waits []time.Duration
			var mu sync.Mutex
			sends := make([]func(lines []string) error, test.clients)
			for i := range sends {
				if test.way == "nats" {
					nc := dial(b, s.URL())
					sends[i] = func(lines []string) error {
						answers, err := ask(nc, askTimeout, ingest.LiveSubject(o.Pipeline), lines...)
						if err == nil && answers[0].Status != ingest.Accepted {
							err = fmt.Errorf("%+v", answers[0])
						}
						return err
					}
					continue
				}
				client := newWebClient(b, live)
				sends[i] = func(lines []string) error {
					response, data, err := client.send("POST", "/documents", "Content-Type: "+ndjson, strings.NewReader(strings.Join(lines, "\n")))
					if err == nil && response.StatusCode != 202 {
						err = fmt.Errorf("%d %s", response.StatusCode, data)
					}
					return err
				}
			}
			documents := 0
			for b.Loop() {
				rounds := max(1, benchDocuments/test.clients/test.each)
				var sending sync.WaitGroup
				for _, send := range sends {
					sending.Go(func() {
						took := make([]time.Duration, 0, rounds)
						lines := make([]string, test.each)
						for range rounds {
							for i := range lines {
								lines[i] = line(fmt.Sprint(next.Add(1)), text)
							}
							began := time.Now()
							if err := send(lines); err != nil {
								b.Error(err)
								return
							}
							took = append(took, time.Since(began))
						}
						mu.Lock()
						defer mu.Unlock()
						waits = append(waits, took...)
					})
				}
				sending.Wait()
				documents += rounds * test.clients * test.each
			}
			slices.Sort(waits)
			b.ReportMetric(float64(documents)/b.Elapsed().Seconds(), "docs/s")
			b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "p50-us")
			b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds()), "p99-us")
			b.ReportMetric(0, "ns/op")
		})
	}
}
