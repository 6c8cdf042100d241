package ingest

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"tidings"
	"tidings/datasets"
)

// watch is a clock on which nothing passes but what is slept, and what it is
// moved by.
type watch struct {
	now   time.Time
	slept []time.Duration
}

func (w *watch) Now() time.Time { return w.now }

func (w *watch) Sleep(ctx context.Context, d time.Duration) error {
	w.slept = append(w.slept, d)
	w.now = w.now.Add(d)
	return ctx.Err()
}

// timed are rows at so many seconds after an epoch; a negative one has no time.
func timed(seconds ...int) []datasets.Row {
	rows := make([]datasets.Row, len(seconds))
	for i, s := range seconds {
		rows[i] = datasets.Row{Number: uint64(i) + 1}
		if s >= 0 {
			rows[i].Document.Time = time.Unix(1_000_000_000+int64(s), 0)
		}
	}
	return rows
}

// Properties, of a replay at a speed:
//   - a row waits until its distance from the first, divided by the speed, has
//     passed;
//   - rows without a time, and those that are older than rows before, do not
//     wait, and change nothing for those behind them;
//   - time that storing takes is not waited for again.
func TestSpeedKeepsTheRhythmOfTheSource(t *testing.T) {
	tests := map[string]struct {
		seconds []int
		speed   float64
		each    time.Duration // passes while a row is stored
		slept   []time.Duration
	}{
		"as it was":           {seconds: []int{0, 1, 3}, speed: 1, slept: []time.Duration{time.Second, 2 * time.Second}},
		"faster":              {seconds: []int{0, 10, 30}, speed: 10, slept: []time.Duration{time.Second, 2 * time.Second}},
		"slower":              {seconds: []int{0, 1}, speed: .5, slept: []time.Duration{2 * time.Second}},
		"later start":         {seconds: []int{500, 501}, speed: 1, slept: []time.Duration{time.Second}},
		"at the same time":    {seconds: []int{7, 7, 7}, speed: 1},
		"out of order":        {seconds: []int{5, 9, 2, 10}, speed: 1, slept: []time.Duration{4 * time.Second, time.Second}},
		"some without a time": {seconds: []int{-1, 5, -1, 6, -1}, speed: 1, slept: []time.Duration{time.Second}},
		"none with a time":    {seconds: []int{-1, -1}, speed: 1},
		"storing takes time":  {seconds: []int{0, 2, 3}, speed: 1, each: 1500 * time.Millisecond, slept: []time.Duration{500 * time.Millisecond}},
		"speed 0":             {seconds: []int{0, 1000}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			clock := &watch{now: time.Unix(50, 0)}
			p := newPace(Options{Speed: test.speed, Clock: clock})
			for _, row := range timed(test.seconds...) {
				if err := p.wait(t.Context(), row); err != nil {
					t.Fatal(err)
				}
				clock.now = clock.now.Add(test.each)
			}
			if !slices.Equal(clock.slept, test.slept) {
				t.Errorf("slept %v, want %v", clock.slept, test.slept)
			}
		})
	}
}

// Properties, at any speed and of any event times:
//   - no row comes before its time, and when it comes, no more has passed than
//     the latest row so far asked for.
func TestSpeedNeverRunsAhead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		speed := rapid.Float64Range(.1, 1e6).Draw(rt, "speed")
		clock := &watch{now: time.Unix(50, 0)}
		began := clock.now
		p := newPace(Options{Speed: speed, Clock: clock})
		rows := timed(rapid.SliceOfN(rapid.IntRange(0, 1_000_000), 1, 40).Draw(rt, "seconds")...)
		var latest time.Duration
		for _, row := range rows {
			if err := p.wait(t.Context(), row); err != nil {
				rt.Fatal(err)
			}
			due := time.Duration(float64(row.Document.Time.Sub(rows[0].Document.Time)) / speed)
			latest = max(latest, due)
			if passed := clock.now.Sub(began); passed != latest {
				rt.Fatalf("%s have passed, the row is due at %s, the latest so far at %s", passed, due, latest)
			}
		}
	})
}

// Properties, of a rate:
//   - rows come at it, and never more at once than fall into the burst.
func TestRateIsKept(t *testing.T) {
	for _, rate := range []float64{.5, 10, 1000, 50_000} {
		synctest.Test(t, func(t *testing.T) {
			p := newPace(Options{Rate: rate, Clock: machineClock{}})
			began := time.Now()
			const rows = 2000
			most := max(1, rate*burst.Seconds())
			for i := range rows {
				if err := p.wait(t.Context(), datasets.Row{}); err != nil {
					t.Fatal(err)
				}
				if allowed := most + rate*time.Since(began).Seconds() + 1e-3; float64(i+1) > allowed {
					t.Fatalf("%d rows after %s at %g a second", i+1, time.Since(began), rate)
				}
			}
			if took, want := time.Since(began).Seconds(), (rows-most)/rate; took > 1.001*want {
				t.Errorf("%d rows took %g s at %g a second, want %g", rows, took, rate, want)
			}
		})
	}
}

// sequence delivers rows and then an error.
type sequence struct {
	rows []datasets.Row
	end  error
}

func (s *sequence) Next() (datasets.Row, error) {
	if len(s.rows) == 0 {
		return datasets.Row{}, s.end
	}
	row := s.rows[0]
	s.rows = s.rows[1:]
	return row, nil
}

func (s *sequence) Close() error { return nil }

// Properties:
//   - rows come in order, then the reader's error, as often as asked;
//   - rows that are skipped do not wait, and the first behind them is the
//     replay's first.
func TestThePumpDeliversInOrder(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	broken := errors.New("broken")
	for _, end := range []error{io.EOF, broken} {
		clock := &watch{now: time.Unix(50, 0)}
		m := startPump(t.Context(), &sequence{rows: timed(0, 3600, 7200, 7201, 7203), end: end}, 2, Options{Speed: 1, Clock: clock}, nil)
		for want := uint64(1); want <= 5; want++ {
			row, err := m.next(t.Context(), false)
			if err != nil || row.Number != want {
				t.Fatalf("row %d (%v), want %d", row.Number, err, want)
			}
		}
		for range 2 {
			if _, err := m.next(t.Context(), false); !errors.Is(err, end) {
				t.Errorf("after the last row: %v, want %v", err, end)
			}
		}
		m.stop()
		if want := []time.Duration{time.Second, 2 * time.Second}; !slices.Equal(clock.slept, want) {
			t.Errorf("slept %v, want %v", clock.slept, want)
		}
	}
}

// endless delivers rows as long as somebody takes them.
type endless struct{ n uint64 }

func (e *endless) Next() (datasets.Row, error) {
	e.n++
	return datasets.Row{Number: e.n, Document: tidings.Document{Time: time.Unix(int64(e.n)*3600, 0)}}, nil
}

func (e *endless) Close() error { return nil }

// Properties:
//   - no more rows are read ahead than pumpRows and the one in hand;
//   - stop ends the goroutine while it waits for room, for the rate or for the
//     time of a row.
func TestThePumpStops(t *testing.T) {
	for name, o := range map[string]Options{
		"waiting for room":      {},
		"waiting for the rate":  {Rate: 1e-3},
		"waiting for its time":  {Speed: 1e-3},
		"rows come from a pipe": {Live: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // fails if the goroutine does not end
				o.Clock = machineClock{}
				source := &endless{}
				m := startPump(t.Context(), source, 0, o, nil)
				synctest.Wait()
				if source.n > pumpRows+1 {
					t.Errorf("%d rows are read ahead, at most %d may be", source.n, pumpRows+1)
				}
				m.stop()
			})
		})
	}
}

// Properties:
//   - asked for what is there now, the pump does not wait;
//   - waiting ends with the context.
func TestThePumpDoesNotHoldTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := startPump(t.Context(), &sequence{rows: timed(0, 3600), end: io.EOF}, 0, Options{Speed: 1, Clock: machineClock{}}, nil)
		defer m.stop()
		synctest.Wait()
		if row, err := m.next(t.Context(), true); err != nil || row.Number != 1 {
			t.Errorf("row %d, %v", row.Number, err)
		}
		if _, err := m.next(t.Context(), true); !errors.Is(err, errIdle) {
			t.Errorf("no row is there: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := m.next(ctx, false); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting ended with %v", err)
		}
		if row, err := m.next(t.Context(), false); err != nil || row.Number != 2 {
			t.Errorf("row %d, %v", row.Number, err)
		}
	})
}
