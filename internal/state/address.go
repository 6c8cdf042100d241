package state

import (
	"fmt"
	"net/url"
	"regexp"

	"github.com/redis/go-redis/v9"
)

// PrefixDefault begins the names of all keys.
const PrefixDefault = "tidings"

// prefixForm keeps keys readable, and apart from each other.
var prefixForm = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)

// address is where a Redis is and how its keys begin.
type address struct {
	options *redis.Options
	prefix  string
}

// parse reads a URL: redis://USER:PASSWORD@HOST:6379/0?prefix=NAME, rediss://
// for TLS, or unix:///path. No error holds a part of it: there may be a password
// in any.
func parse(text string) (address, error) {
	prefix := PrefixDefault
	u, err := url.Parse(text)
	if err == nil && u.RawQuery != "" {
		query := u.Query()
		if query.Has("prefix") {
			prefix = query.Get("prefix")
			query.Del("prefix")
			u.RawQuery = query.Encode()
			text = u.String()
		}
	}
	if !prefixForm.MatchString(prefix) {
		return address{}, fmt.Errorf("%w; ?prefix= takes 1 to 64 letters, digits and _ . : -", ErrURL)
	}
	o, err := options(text)
	return address{o, prefix}, err
}

// CheckURL tells whether a text is the URL of a Redis.
func CheckURL(text string) error {
	_, err := parse(text)
	return err
}
