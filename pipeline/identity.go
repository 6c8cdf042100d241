package pipeline

import (
	"context"
	"errors"

	"tidings/internal/broker"
)

const identityKey = "identity"

// Identity is what tells a pipeline from others with the same name, in other
// stores: the first that was ever offered. What a pipeline keeps elsewhere is
// marked with it. The pipeline has to exist.
func Identity(ctx context.Context, b *broker.Broker, name Name, offer string) (string, error) {
	err := b.CreateKey(ctx, name.metaBucket(), identityKey, []byte(offer))
	if err != nil && !errors.Is(err, broker.ErrExists) {
		return "", err
	}
	is, err := b.Key(ctx, name.metaBucket(), identityKey)
	return string(is), err
}
