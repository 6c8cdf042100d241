package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Info is what a server says of itself when one connects.
type Info struct {
	Where        string // its URL without secrets, or "the embedded broker"
	Embedded     bool
	Store        string // the embedded server's directory
	Name         string
	Version      string
	TooOld       bool
	Cluster      string // "" when it stands alone
	Encrypted    bool   // by TLS
	PayloadBytes int64  // the largest message it takes
}

// Info returns what the server says of itself.
func (b *Broker) Info() Info {
	_, err := b.nc.TLSConnectionState()
	version := b.nc.ConnectedServerVersion()
	return Info{
		Where: b.where, Embedded: b.host != nil, Store: b.store, Encrypted: err == nil,
		Name: b.nc.ConnectedServerName(), Version: version, TooOld: tooOld(version),
		Cluster: b.nc.ConnectedClusterName(), PayloadBytes: b.nc.MaxPayload(),
	}
}

// RoundTrip is how long the server takes to answer.
func (b *Broker) RoundTrip(ctx context.Context) (time.Duration, error) {
	asking, done := b.ask(ctx, nil)
	began := time.Now()
	if err := done(b.nc.FlushWithContext(asking)); err != nil {
		return 0, requestError("the broker at "+b.where, err)
	}
	return time.Since(began), nil
}

// Account is what an account holds and may hold. A limit is -1 when there is
// none.
type Account struct {
	Stored, StoredMax   int64 // bytes of all its streams
	Reserved            int64 // bytes promised to streams that have a limit
	Streams, StreamsMax int
	StreamBytesMax      int64 // of one stream
	MustLimitStreams    bool  // each stream has to name a limit, and ours name none
}

// Account asks for what the account holds. Errors: ErrNoJetStream, ErrDenied,
// ErrNoBroker.
func (b *Broker) Account(ctx context.Context) (Account, error) {
	permitted, undenied := b.undenied(ctx)
	asking, done := b.ask(permitted, nil)
	info, err := b.js.AccountInfo(asking)
	switch err = undenied(done(err)); {
	case errors.Is(err, ErrDenied):
		return Account{}, fmt.Errorf("JetStream at %s: %w; this user needs leave to publish to $JS.API.> and to subscribe to _INBOX.>", b.where, err)
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
		return Account{}, fmt.Errorf("%w at %s; start the server with -js, or enable it for this account", ErrNoJetStream, b.where)
	case err != nil:
		return Account{}, requestError("JetStream at "+b.where, err)
	}
	return account(info), nil
}

// account reads the limits for streams of one replica, as this package makes
// them, where an account has limits by number of replicas.
func account(info *jetstream.AccountInfo) Account {
	tier := info.Tier
	if t, ok := info.Tiers["R1"]; ok {
		tier = t
	}
	a := Account{
		Stored: int64(tier.Store), Reserved: int64(tier.ReservedStore), StoredMax: tier.Limits.MaxStore,
		Streams: tier.Streams, StreamsMax: tier.Limits.MaxStreams,
		StreamBytesMax: tier.Limits.StoreMaxStreamBytes, MustLimitStreams: tier.Limits.MaxBytesRequired,
	}
	if a.StreamsMax == 0 {
		a.StreamsMax = -1
	}
	if a.StreamBytesMax == 0 {
		a.StreamBytesMax = -1
	}
	return a
}

// StreamInfo is how a stream is set up and what it holds. Limits are -1 when
// there is none.
type StreamInfo struct {
	Name           string
	Subjects       []string
	Retention      string // "limits", "interest", "workqueue"
	Discard        string // "new", "old"
	Storage        string // "file", "memory"
	AgeMax         time.Duration
	RecordsMax     int64
	SubjectMax     int64 // records on one subject
	BytesMax       int64
	RecordBytesMax int64
	Sealed, Mirror bool
	Replicas       int
	Records        uint64
	Bytes          uint64
	First, Last    uint64    // sequences
	Deleted        int       // records missing between First and Last
	LostRecords    int       // that the server found damaged
	Time           time.Time // the server's clock when it answered
}

// Stream asks how a stream is, ErrEmpty when there is none of that name.
func (b *Broker) Stream(ctx context.Context, name string) (StreamInfo, error) {
	permitted, undenied := b.undenied(ctx)
	asking, done := b.ask(permitted, nil)
	s, err := b.js.Stream(asking, name)
	if err = undenied(done(err)); err != nil {
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return StreamInfo{}, fmt.Errorf("stream %s: %w", name, ErrEmpty)
		}
		return StreamInfo{}, requestError("stream "+name, err)
	}
	return streamInfo(s.CachedInfo()), nil
}

func streamInfo(i *jetstream.StreamInfo) StreamInfo {
	c, state := i.Config, i.State
	s := StreamInfo{
		Name: c.Name, Subjects: slices.Clone(c.Subjects), Retention: retention(c.Retention), Discard: "old", Storage: "file",
		AgeMax: c.MaxAge, RecordsMax: c.MaxMsgs, SubjectMax: c.MaxMsgsPerSubject, BytesMax: c.MaxBytes, RecordBytesMax: int64(c.MaxMsgSize),
		Sealed: c.Sealed, Mirror: c.Mirror != nil, Replicas: c.Replicas,
		Records: state.Msgs, Bytes: state.Bytes, First: state.FirstSeq, Last: state.LastSeq, Deleted: state.NumDeleted, Time: i.TimeStamp,
	}
	if c.Discard == jetstream.DiscardNew {
		s.Discard = "new"
	}
	if c.Storage == jetstream.MemoryStorage {
		s.Storage = "memory"
	}
	if state.Lost != nil {
		s.LostRecords = len(state.Lost.Msgs)
	}
	return s
}

func retention(p jetstream.RetentionPolicy) string {
	switch p {
	case jetstream.LimitsPolicy:
		return "limits"
	case jetstream.InterestPolicy:
		return "interest"
	}
	return "workqueue"
}
