package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tidings/internal/broker"
	"tidings/pipeline"
)

func pipelinePlan(ctx context.Context, v *visit) Result {
	plan := v.options.Plan.WithDefaults()
	var stored pipeline.Plan
	err := v.broker.Permitted(ctx, func(ctx context.Context) (err error) {
		stored, err = pipeline.Stored(ctx, v.broker, plan.Pipeline)
		return err
	})
	switch {
	case errors.Is(err, broker.ErrDenied):
		return failed(err.Error(), "a run would not start: it reads the stored plan first", fmt.Sprintf("allow this user to publish to $JS.API.> and to subscribe to _INBOX.>, so that the bucket %s-meta can be read", plan.Pipeline))
	case errors.Is(err, broker.ErrEmpty):
		return ok(fmt.Sprintf("there is no pipeline %s yet; a run makes it with the plan of these flags", plan.Pipeline))
	case err != nil:
		return failed(err.Error(), "a run would not start: what the stored records mean is in that plan", "use the version of this program that made the pipeline, or start anew with another --pipeline")
	}
	v.stored = &stored
	released := ""
	if a, held, err := stored.Attempt(ctx, v.broker); held && err == nil {
		released = fmt.Sprintf("; outputs up to %d/0 are released", a.Complete)
	}
	differs := plan.Differs(stored)
	if different := (*pipeline.PlanError)(nil); errors.As(differs, &different) {
		return warning(fmt.Sprintf("pipeline %s was created with another plan than these flags say: %s", plan.Pipeline, list(different.Differences)),
			"a run with these flags would be refused; its records fit the stored plan only", "give the stored settings as flags, or another --pipeline")
	}
	if differs != nil {
		return failed(differs.Error(), "a run would not start", "start anew with another --pipeline")
	}
	return ok(fmt.Sprintf("pipeline %s was created with this very plan%s", plan.Pipeline, released))
}

func pipelineStreams(ctx context.Context, v *visit) Result {
	if v.stored == nil {
		return ok("none yet")
	}
	var bad, weak []string
	records, bytes := uint64(0), uint64(0)
	streams := v.stored.Streams()
	for _, want := range streams {
		s, err := v.broker.Stream(ctx, want.Name)
		if errors.Is(err, broker.ErrEmpty) {
			// Create makes the plan first: a run that was killed in between, or
			// somebody removed it.
			bad = append(bad, want.Name+" is missing")
			continue
		}
		if err != nil {
			return failed(err.Error(), "whether the streams are whole is not known", "look at the server's log")
		}
		begin := uint64(0)
		if want.Name == v.stored.Pipeline.LogStream().Name {
			if begin, err = pipeline.LogBegin(ctx, v.broker, v.stored.Pipeline); err != nil {
				return failed(err.Error(), "from where on the log is whole is not known", "look at the server's log")
			}
		}
		b, w := judgeStream(trimmed(s, begin), want)
		bad, weak = append(bad, b...), append(weak, w...)
		records += s.Records
		bytes += s.Bytes
	}
	switch {
	case len(bad) > 0:
		return failed(list(append(bad, weak...)), "records are gone or can go without a word: what is computed from them differs from what came in",
			"set the streams to limits retention, discard new and no limits by age or number; records that are gone can only be fed again, into another --pipeline")
	case len(weak) > 0:
		return warning(list(weak), "nothing is lost yet; a full stream refuses what comes, and a state that has to be computed anew needs its records", "raise the limits of the streams before they are reached")
	}
	return ok(fmt.Sprintf("%s with %s records (%s), set to forget nothing, without gaps", count(len(streams), "stream", "streams"), number(records), size(int64(bytes))))
}

// trimmed is a stream from where it is whole on: gaps before are what was
// deleted on purpose, around the last record of each source.
func trimmed(s broker.StreamInfo, begin uint64) broker.StreamInfo {
	if begin > s.First {
		s.Deleted -= min(s.Deleted, int(begin-s.First))
		s.First = begin
	}
	return s
}

// streamNearlyFull is the share of its limit, in percent, at which a stream is
// reported.
const streamNearlyFull = 80

// judgeStream tells what about a stream loses records, and what soon may.
func judgeStream(s broker.StreamInfo, want broker.Stream) (bad, weak []string) {
	say := func(to *[]string, format string, args ...any) {
		*to = append(*to, s.Name+" "+fmt.Sprintf(format, args...))
	}
	if s.Retention != "limits" {
		say(&bad, "has %s retention and removes what was consumed", s.Retention)
	}
	if s.AgeMax > 0 {
		say(&bad, "forgets records after %s", s.AgeMax)
	}
	full := s.RecordsMax > 0 || s.BytesMax > 0
	if s.Discard != "new" {
		say(&bad, "discards its oldest records when it is full (discard %s)", s.Discard)
	}
	if s.SubjectMax > 0 {
		say(&bad, "keeps %d records a subject", s.SubjectMax)
	}
	if s.Storage != "file" {
		say(&bad, "is kept in memory and is gone when the server stops")
	}
	if s.Mirror || !slices.Equal(s.Subjects, want.Subjects) {
		say(&bad, "takes other subjects than %s", list(want.Subjects))
	}
	if s.Sealed {
		say(&bad, "is sealed and takes no more records")
	}
	if s.Deleted > 0 {
		say(&bad, "has a gap: %s between %d and %d are missing", count(s.Deleted, "record", "records"), s.First, s.Last)
	}
	if s.LostRecords > 0 {
		say(&bad, "has %s that the server found damaged", count(s.LostRecords, "record", "records"))
	}
	if s.First > 1 {
		say(&weak, "begins at record %d: those before it were purged", s.First)
	}
	if full && nearlyFull(s) {
		say(&weak, "is nearly full: %s records, %s", number(s.Records), size(int64(s.Bytes)))
	}
	if s.RecordBytesMax > 0 && s.RecordBytesMax < payloadWanted {
		say(&weak, "takes records of %s only", size(s.RecordBytesMax))
	}
	return bad, weak
}

func nearlyFull(s broker.StreamInfo) bool {
	return s.RecordsMax > 0 && s.Records*100 >= uint64(s.RecordsMax)*streamNearlyFull ||
		s.BytesMax > 0 && s.Bytes*100 >= uint64(s.BytesMax)*streamNearlyFull
}

// number writes n with commas between its thousands.
func number(n uint64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
