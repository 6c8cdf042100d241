package broker

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Properties: what does not end is asked again, so many times; what fails
// otherwise is not; and nobody asks on when the caller has gone.
func TestWhatDoesNotEndIsAskedAgain(t *testing.T) {
	stuck := func(times int) (func(context.Context) error, *int) {
		tries := 0
		return func(ctx context.Context) error {
			if tries++; tries <= times {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}, &tries
	}
	for _, tt := range []struct {
		stuck, tries int
		want         error
	}{{0, 1, nil}, {2, 3, nil}, {objectTries, objectTries, context.DeadlineExceeded}} {
		f, tries := stuck(tt.stuck)
		if err := again(t.Context(), time.Millisecond, f); !errors.Is(err, tt.want) || *tries != tt.tries {
			t.Errorf("stuck %d times: %d tries, %v", tt.stuck, *tries, err)
		}
	}
	broken, tries := errors.New("broken"), 0
	if err := again(t.Context(), time.Hour, func(context.Context) error { tries++; return broken }); !errors.Is(err, broken) || tries != 1 {
		t.Errorf("%d tries, %v", tries, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	f, n := stuck(10)
	if err := again(gone, time.Hour, f); !errors.Is(err, context.Canceled) || *n != 1 {
		t.Errorf("%d tries, %v", *n, err)
	}
}
