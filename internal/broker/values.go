package broker

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// Values returns the keys of a bucket that match a pattern, as in "fault.>",
// with their values. A bucket that does not exist has none.
func (b *Broker) Values(ctx context.Context, bucket, pattern string) (map[string][]byte, error) {
	values := map[string][]byte{}
	asking, done := b.ask(ctx, nil)
	err := func() error {
		kv, err := b.js.KeyValue(asking, bucket)
		if err != nil {
			return err
		}
		w, err := kv.Watch(asking, pattern, jetstream.IgnoreDeletes())
		if err != nil {
			return err
		}
		defer w.Stop()
		for {
			select {
			case e := <-w.Updates():
				if e == nil { // all that were there have come
					return nil
				}
				values[e.Key()] = e.Value()
			case <-asking.Done():
				return asking.Err()
			}
		}
	}()
	if err = done(err); errors.Is(err, jetstream.ErrBucketNotFound) {
		return values, nil
	}
	if err != nil {
		return nil, requestError("bucket "+bucket, err)
	}
	return values, nil
}
