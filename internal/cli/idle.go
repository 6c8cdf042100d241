package cli

import (
	"errors"
	"slices"
	"strings"

	"tidings/datasets/catalogue"
)

// Choosy is a Command that has no use for some of its flags, as the others stand.
type Choosy interface {
	Idle() []Idle
}

// Idle is a flag that means nothing as the others stand. On the command line it
// is a mistake, which Why tells, or the command's Run where Why is "". In a file
// or the environment it is meant for other commands, and not set.
type Idle struct{ Flag, Why string }

// leaveIdle takes the values of idle flags back that file or environment set.
func (c *call) leaveIdle() error {
	choosy, ok := c.node.Target.Addr().Interface().(Choosy)
	if !ok {
		return nil
	}
	given := map[string]bool{}
	for _, step := range c.context.Path {
		if step.Flag != nil && !step.Resolved {
			given[step.Flag.Name] = true
		}
	}
	var wrong []error
	for _, idle := range choosy.Idle() {
		_, set := c.settings[idle.Flag]
		switch {
		case given[idle.Flag] && idle.Why != "":
			wrong = append(wrong, errors.New(idle.Why))
		case given[idle.Flag], !set:
		default:
			delete(c.settings, idle.Flag)
			for _, flag := range settable(c.node) {
				if flag.Name == idle.Flag {
					wrong = append(wrong, flag.Reset())
				}
			}
		}
	}
	return errors.Join(wrong...)
}

// IdleWith are the flags that what is read has no use for: documents of from,
// and those that a model is tested with.
func (f *SourceFlags) IdleWith(tests []string) (idle []Idle) {
	if !f.Feeds() {
		idle = append(idle, Idle{"every", ""})
	}
	return append(idle, f.ReadFlags.IdleWith(f.From, tests)...)
}

// IdleWith are the flags that what is read has no use for.
func (f *ReadFlags) IdleWith(from, tests []string) (idle []Idle) {
	feeds := slices.ContainsFunc(from, isFeeds)
	days := slices.ContainsFunc(from, isDaily)
	if feeds || days || slices.ContainsFunc(from, IsSample) {
		idle = append(idle, Idle{"shuffle", ""})
	}
	if (feeds || days) && len(tests) == 0 {
		idle = append(idle, Idle{"format", ""}, Idle{"classes", ""})
		if days {
			idle = append(idle, Idle{"columns", ""})
		}
	}
	return append(idle, f.CacheFlags.idle(feeds, days || slices.ContainsFunc(tests, isDaily))...)
}

// idle are the flags about fetching that nothing fetched has a use for.
func (f *CacheFlags) idle(feeds, days bool) (idle []Idle) {
	if !days {
		idle = append(idle, Idle{"mirror", "--mirror is for what is fetched as it is read, such as current-events:2024-01: leave it out; other data sets are fetched first, with ingest datasets fetch NAME --mirror URL"})
	}
	switch {
	case feeds, days && f.Mirror != "":
	case days:
		idle = append(idle, Idle{"allow-private", "--allow-private is for a mirror on your own network: name it with --mirror URL"})
	default:
		idle = append(idle, Idle{"allow-private", "--allow-private is for feeds, and for a mirror that is fetched from: nothing is fetched here, leave it out"})
	}
	return idle
}

// IdleUnread are the flags that only a source to read has a use for, where none
// is read but the files that a model is tested with.
func (f *SourceFlags) IdleUnread(tests []string) (idle []Idle) {
	for _, name := range []string{"shuffle", "limit", "every", "seed", "pack", "rate", "speed", "label-delay", "label-fraction", "label-seed"} {
		idle = append(idle, Idle{name, ""})
	}
	if len(tests) == 0 {
		idle = append(idle, Idle{"format", ""}, Idle{"columns", ""}, Idle{"classes", ""})
	}
	return append(idle, f.CacheFlags.idle(false, slices.ContainsFunc(tests, isDaily))...)
}

// isDaily says whether a spec is day pages, also where the days are missing.
func isDaily(spec string) bool {
	name, _, _ := strings.Cut(spec, ":")
	e, err := catalogue.Find(name)
	return err == nil && e.Daily()
}

// IsSample says whether a source is the synthetic newswire.
func IsSample(spec string) bool { return spec == Sample || strings.HasPrefix(spec, Sample+":") }
