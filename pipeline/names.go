package pipeline

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"tidings/internal/broker"
)

// Name is a pipeline's name. Everything it owns on a broker begins with it, so
// that several pipelines live on one broker without touching.
type Name string

// NameDefault is the pipeline of somebody who named none.
const NameDefault Name = "tidings"

var nameForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// Check refuses a name that could not stand in subjects and stream names.
func (n Name) Check() error {
	if !nameForm.MatchString(string(n)) {
		return fmt.Errorf("pipeline name %q: use 1 to 32 letters, digits, - and _", string(n))
	}
	return nil
}

// The kinds of records in the log; each is a token of its subject.
const (
	ArticleRecord = "article" // documents, as JSON lines
	LabelRecord   = "label"   // labels that came later than their documents
	RejectRecord  = "reject"  // rows refused at the door
	ControlRecord = "control" // a source has ended or is idle, a version takes over, or a barrier
)

// HeaderTimes is a header of a log record; with TimesMadeUp its documents' event
// times are made up, as those of a synthetic source, and none of them is too far
// ahead.
const (
	HeaderTimes = "Tidings-Times"
	TimesMadeUp = "made-up"
)

// LogStream is the stream that holds everything that comes in.
func (n Name) LogStream() broker.Stream {
	return broker.Stream{
		Name:        string(n) + "-log",
		Subjects:    []string{string(n) + ".log.>"},
		Description: "everything that comes in; its order is the order of the pipeline",
	}
}

// LogSubject is where a source's records of one kind enter the log; kind "*"
// matches all of them.
func (n Name) LogSubject(kind, source string) string {
	return string(n) + ".log." + kind + "." + source
}

// logTokens are the kind and the source of a record of the log, by its
// subject.
func logTokens(subject string) (kind, source string) {
	for range 2 {
		_, subject, _ = strings.Cut(subject, ".")
	}
	kind, source, _ = strings.Cut(subject, ".")
	return kind, source
}

// partitionStream is the stream that one partition of a stage writes.
func (n Name) partitionStream(node Node, partition int) broker.Stream {
	i := strconv.Itoa(partition)
	return broker.Stream{
		Name:        string(n) + "-" + node.Writes + "-" + i,
		Subjects:    []string{string(n) + "." + node.Writes + "." + i},
		Description: "commits of " + node.Stage + "/" + i,
	}
}

// metaBucket holds the plan.
func (n Name) metaBucket() string { return string(n) + "-meta" }
