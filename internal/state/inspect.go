package state

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// What a caller branches on.
var (
	ErrURL         = errors.New("it is no Redis URL")
	ErrUnreachable = errors.New("no Redis answers")
	ErrCredentials = errors.New("the Redis does not accept the credentials")
	ErrTLS         = errors.New("no secure connection to the Redis")
	ErrDenied      = errors.New("the Redis denies it to this user")
)

// Info is what a Redis says of itself. What it does not let this user see is
// "" or listed in Hidden.
type Info struct {
	Where       string // without secrets
	Version     string // "7.0.15"
	Role        string // "master", "slave"
	Loading     bool   // it still reads its data from the disk
	Used, Max   int64  // bytes of memory; Max 0 is no limit
	Policy      string // maxmemory-policy: what it forgets when Max is reached
	AppendOnly  bool   // it keeps a log on the disk
	AppendFsync string // when that log is forced to the disk: "always", "everysec", "no"
	Save        string // when it takes snapshots, "" for never
	WriteFailed bool   // the last write of its log or snapshot failed
	Hidden      []string
}

// Inspect asks the Redis at a URL (redis://, rediss:// for TLS, unix://) for
// its settings and changes nothing. It waits as long as ctx does. No error
// holds a password.
func Inspect(ctx context.Context, url string) (Info, error) {
	at, err := parse(url)
	if err != nil {
		return Info{}, err
	}
	o := at.options
	info := Info{Where: where(o)}
	// The client prints on standard error what goes wrong while it dials, so
	// it gets a connection that is made already.
	conn, err := dial(ctx, o)
	if err != nil {
		return info, inspectError(ctx, info.Where, err)
	}
	made := make(chan net.Conn, 1)
	made <- conn
	o.Dialer = func(ctx context.Context, _, _ string) (net.Conn, error) {
		select {
		case conn := <-made:
			return conn, nil
		default:
			return dial(ctx, o)
		}
	}
	client := redis.NewClient(o)
	defer client.Close()
	text, err := client.Info(ctx).Result()
	if err != nil {
		return info, inspectError(ctx, info.Where, err)
	}
	info.read(text)
	for _, setting := range []struct {
		name string
		to   *string
	}{{"appendfsync", &info.AppendFsync}, {"save", &info.Save}} {
		// Hosted ones hide their settings.
		values, err := client.ConfigGet(ctx, setting.name).Result()
		value, ok := values[setting.name]
		if err != nil || !ok {
			info.Hidden = append(info.Hidden, setting.name)
			continue
		}
		*setting.to = value
	}
	return info, ctx.Err()
}

// dial connects, and ends when ctx does, in the middle of a TLS handshake too.
func dial(ctx context.Context, o *redis.Options) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, o.Network, o.Addr)
	if err != nil || o.TLSConfig == nil {
		return conn, err
	}
	secure := tls.Client(conn, o.TLSConfig)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}

func options(url string) (*redis.Options, error) {
	o, err := redis.ParseURL(url)
	if err != nil { // what it says can hold the password
		return nil, fmt.Errorf("%w; write redis://USER:PASSWORD@HOST:6379/0, rediss:// for TLS, or unix:///path/to/socket", ErrURL)
	}
	o.MaxRetries, o.DialerRetries, o.PoolSize = -1, 1, 1
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.Protocol = 2
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o, nil
}

func where(o *redis.Options) string {
	scheme := "redis"
	switch {
	case o.Network == "unix":
		scheme = "unix"
	case o.TLSConfig != nil:
		scheme = "rediss"
	}
	return scheme + "://" + o.Addr
}

// read takes what the INFO command says: lines of "name:value".
func (i *Info) read(text string) {
	failed := func(status string) bool { return status != "" && status != "ok" }
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "redis_version":
			i.Version = value
		case "role":
			i.Role = value
		case "loading":
			i.Loading = value == "1"
		case "used_memory":
			i.Used = number(value)
		case "maxmemory":
			i.Max = number(value)
		case "maxmemory_policy":
			i.Policy = value
		case "aof_enabled":
			i.AppendOnly = value == "1"
		case "aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status":
			i.WriteFailed = i.WriteFailed || failed(value)
		}
	}
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// inspectError says why there is no answer.
func inspectError(ctx context.Context, where string, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	kind := ErrUnreachable
	var network net.Error
	switch text := err.Error(); {
	case strings.HasPrefix(text, "NOAUTH"), strings.HasPrefix(text, "WRONGPASS"), strings.Contains(text, "without any password configured"), strings.Contains(text, "invalid password"), strings.Contains(text, "unauthenticated "):
		kind = ErrCredentials
	case strings.HasPrefix(text, "NOPERM"):
		kind = ErrDenied
	case refusesTLS(err):
		kind = ErrTLS
	case errors.Is(err, io.EOF):
		err = errors.New("it closes the connection; a port that speaks TLS needs rediss://")
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		err = errors.New("it does not answer in time")
	}
	return fmt.Errorf("%w: %s (%w)", kind, where, err)
}

func refusesTLS(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(tls.RecordHeaderError)) ||
		strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "x509: ")
}

// AtLeast compares the version with a major number. A version that cannot be
// read is taken to be new enough.
func (i Info) AtLeast(major int) bool {
	first, _, _ := strings.Cut(i.Version, ".")
	n, err := strconv.Atoi(first)
	return err != nil || n >= major
}
