package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What a caller branches on.
var (
	ErrStoreInUse  = errors.New("the store directory is in use by another process")
	ErrPortInUse   = errors.New("the port is in use")
	ErrNoBroker    = errors.New("no broker answers")
	ErrTooOld      = errors.New("the broker is too old")
	ErrNoJetStream = errors.New("JetStream is not enabled")

	// ErrConflict: the stream's last record is not the one that was expected.
	// Nothing was stored.
	ErrConflict = errors.New("another record is the last one of the stream")
	// ErrUnknown: no answer came, so the record may be stored or not. Read the
	// stream's last record to find out.
	ErrUnknown = errors.New("the broker did not say whether the record is stored")
	// ErrFull: the stream or the disk takes no more. Nothing was stored.
	ErrFull = errors.New("the broker's store is full")
	// ErrEmpty: the stream has no such record.
	ErrEmpty = errors.New("no such record")
	// ErrGone: the wanted records have been deleted from the stream.
	ErrGone = errors.New("records are gone from the stream")
	// ErrExists: the key has a value already.
	ErrExists = errors.New("the key has a value already")
)

// JetStream error codes that nats.go has no names for.
const (
	codeWrongLastSequence          = jetstream.JSErrCodeStreamWrongLastSequence
	codeWrongLastSequenceTransient = jetstream.JSErrCodeStreamWrongLastSequenceConstant
	codeInsufficientResources      = 10023
	codeMemoryResourcesExceeded    = 10028
	codeStorageResourcesExceeded   = 10047
	codeStoreFailed                = 10077
)

// publishError sorts the ways in which a publish fails into the three that
// matter: refused, unknown, full.
func publishError(stream string, err error) error {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode {
		case codeWrongLastSequence, codeWrongLastSequenceTransient:
			return fmt.Errorf("stream %s: %w", stream, ErrConflict)
		case codeInsufficientResources, codeMemoryResourcesExceeded, codeStorageResourcesExceeded, codeStoreFailed:
			return fmt.Errorf("stream %s: %w (%s)", stream, ErrFull, api.Description)
		}
		return fmt.Errorf("stream %s: %w", stream, err)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, nats.ErrMaxPayload) {
		return fmt.Errorf("stream %s: a record is larger than %d bytes: %w", stream, RecordBytesMax, err)
	}
	return fmt.Errorf("stream %s: %w (%v)", stream, ErrUnknown, err)
}

// problemLog keeps the last problem the embedded server complained of, which
// it tells nobody else.
type problemLog struct {
	mu   sync.Mutex
	text string
}

func (l *problemLog) keep(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = fmt.Sprintf(format, v...)
}

func (l *problemLog) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text == "" {
		return "it gave no reason"
	}
	return l.text
}

func (l *problemLog) Errorf(format string, v ...any) { l.keep(format, v...) }
func (l *problemLog) Fatalf(format string, v ...any) { l.keep(format, v...) }
func (l *problemLog) Warnf(string, ...any)           {}
func (l *problemLog) Noticef(string, ...any)         {}
func (l *problemLog) Debugf(string, ...any)          {}
func (l *problemLog) Tracef(string, ...any)          {}
