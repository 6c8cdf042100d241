package fetch

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// StatusError is an answer that brings nothing.
type StatusError struct {
	Code int
	// RetryAfter is how long the server asks to be left alone, 0 when it does
	// not say. A server may say anything: bound it.
	RetryAfter time.Duration
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("the server answers %d %s", e.Code, http.StatusText(e.Code))
	if e.RetryAfter > 0 {
		text += fmt.Sprintf(", and asks to be left alone for %s", e.RetryAfter.Round(time.Second))
	}
	return strings.Replace(text, " ,", ",", 1)
}

func newStatusError(r *http.Response, now time.Time) *StatusError {
	return &StatusError{Code: r.StatusCode, RetryAfter: retryAfter(r.Header.Get("Retry-After"), now)}
}

// retryAfterMax is what longer times are taken for, so that none overflows.
const retryAfterMax = 30 * 24 * time.Hour

// retryAfter reads the header: seconds, or a date (RFC 9110, section 10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, retryAfterMax)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(0, at.Sub(now)), retryAfterMax)
	}
	return 0
}
