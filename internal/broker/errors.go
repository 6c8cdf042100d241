package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What a caller branches on.
var (
	ErrStoreInUse  = errors.New("the store directory is in use by another process")
	ErrPortInUse   = errors.New("the port is in use")
	ErrNoBroker    = errors.New("no broker answers") // also in the middle of work: see Await
	ErrCredentials = errors.New("the broker does not accept the credentials")
	ErrTLS         = errors.New("no secure connection")
	ErrDenied      = errors.New("the broker denies it to this user")
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
	// ErrDisk: the server could not write a record and takes none any more,
	// until it is started again. What had been stored is kept; whether the
	// last records are, their stream will tell then.
	ErrDisk = errors.New("the broker cannot write to its store any more")
	// ErrTooLarge: the broker takes no record of this size. Nothing was stored.
	ErrTooLarge = errors.New("the record is too large")
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
	codeWrongLastID                = 10070
	codeInsufficientResources      = 10023
	codeMemoryResourcesExceeded    = 10028
	codeStorageResourcesExceeded   = 10047
	codeStoreFailed                = 10077
)

// publishError sorts the ways in which a publish fails into those that matter:
// refused, unknown, full, broken.
func (b *Broker) publishError(stream string, err error) error {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode {
		case codeWrongLastSequence, codeWrongLastSequenceTransient, codeWrongLastID:
			return fmt.Errorf("stream %s: %w", stream, ErrConflict)
		case codeInsufficientResources, codeMemoryResourcesExceeded, codeStorageResourcesExceeded, codeStoreFailed:
			return fmt.Errorf("stream %s: %w (%s)", stream, ErrFull, api.Description)
		}
		return fmt.Errorf("stream %s: %w", stream, err)
	}
	select {
	case <-b.problems.broken:
		return b.problems.disk(stream)
	default:
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, nats.ErrMaxPayload) {
		return fmt.Errorf("stream %s: a record is larger than the %d bytes that the broker takes: %w (%w); raise max_payload there, %d is what the embedded one has", stream, b.nc.MaxPayload(), ErrTooLarge, err, RecordBytesMax)
	}
	return fmt.Errorf("stream %s: %w (%v)", stream, ErrUnknown, err)
}

// problemLog keeps the last problem the embedded server complained of, which
// it tells nobody else. To a publish that it cannot write to its disk the
// server gives no answer at all and goes on without storing anything; only
// its log says so.
type problemLog struct {
	broken chan struct{} // closed when the server has stopped storing

	mu    sync.Mutex
	text  string
	cause string // why broken was closed
}

func newProblemLog() *problemLog { return &problemLog{broken: make(chan struct{})} }

// writeProblems are in what the server says when it stops storing.
var writeProblems = []string{"critical write error", "failed to store a msg", "out of resources, will be DISABLED", "permission denied while writing"}

func (l *problemLog) keep(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = fmt.Sprintf(format, v...)
	for _, p := range writeProblems {
		if l.cause == "" && strings.Contains(l.text, p) {
			l.cause = l.text
			close(l.broken)
		}
	}
}

func (l *problemLog) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text == "" {
		return "it gave no reason"
	}
	return l.text
}

// disk is the error of a store that is broken.
func (l *problemLog) disk(stream string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Errorf("stream %s: %w: %s; what was stored before is kept: make room on the disk and start again", stream, ErrDisk, l.cause)
}

func (l *problemLog) Errorf(format string, v ...any) { l.keep(format, v...) }
func (l *problemLog) Fatalf(format string, v ...any) { l.keep(format, v...) }
func (l *problemLog) Warnf(format string, v ...any) {
	if strings.Contains(format, "permission denied while writing") {
		l.keep(format, v...)
	}
}
func (l *problemLog) Noticef(string, ...any) {}
func (l *problemLog) Debugf(string, ...any)  {}
func (l *problemLog) Tracef(string, ...any)  {}
