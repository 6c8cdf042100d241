package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"tidings/internal/broker"
	"tidings/internal/state"
)

// Properties: each threshold stands where it is said to stand.
func TestThresholds(t *testing.T) {
	clocks := func(least, most time.Duration) Result {
		return judgeClocks(broker.ClockOffset{Least: least, Most: most, Known: true})
	}
	tests := map[string]struct {
		got  Result
		want Status
	}{
		"cpu":                          {judgeCPU(2, 2, "go"), OK},
		"more threads than cores":      {judgeCPU(8, 2, "go"), Warning},
		"memory":                       {judgeMemory(memoryWarning, false), OK},
		"little memory":                {judgeMemory(memoryWarning-1, true), Warning},
		"no memory":                    {judgeMemory(memoryFailure-1, true), Failed},
		"files":                        {judgeFiles(filesWarning), OK},
		"few files":                    {judgeFiles(filesWarning - 1), Warning},
		"next to no files":             {judgeFiles(filesFailure - 1), Failed},
		"any number of files":          {judgeFiles(1 << 63), OK},
		"old version":                  {judgeVersion(broker.Info{Version: "2.9.1", TooOld: true}), Failed},
		"no version":                   {judgeVersion(broker.Info{}), Warning},
		"payload":                      {judgePayload(payloadWanted), OK},
		"smaller payload":              {judgePayload(payloadWanted - 1), Warning},
		"disk":                         {judgeStorage(storage{limit: 64 << 30, disk: storageWarning, embedded: true}), OK},
		"little disk":                  {judgeStorage(storage{limit: 64 << 30, disk: storageWarning - 1, embedded: true}), Warning},
		"little disk for what is kept": {judgeStorage(storage{stored: 100 << 30, limit: 200 << 30, disk: 5 << 30, embedded: true}), Warning},
		"no disk":                      {judgeStorage(storage{limit: 64 << 30, disk: storageFailure - 1, embedded: true}), Failed},
		"store at its limit":           {judgeStorage(storage{stored: 64 << 30, limit: 64 << 30, disk: 1 << 40, embedded: true}), Failed},
		"account nearly full":          {judgeStorage(storage{stored: 9 << 30, limit: 9<<30 + 1<<29, disk: -1}), Warning},
		"account without limit":        {judgeStorage(storage{limit: -1, disk: -1}), Skipped},
		"same clock":                   {clocks(-time.Millisecond, time.Millisecond), OK},
		"far, so it cannot be told":    {clocks(-10*time.Second, 10*time.Second), OK},
		"ahead":                        {clocks(skewWarning, skewWarning+1), Warning},
		"behind":                       {clocks(-2*skewWarning, -skewWarning), Warning},
		"a day behind":                 {clocks(-25*time.Hour, -24*time.Hour), Failed},
		"redis full":                   {judgePolicy(state.Info{Policy: "noeviction", Used: 80, Max: 100}), Warning},
		"redis forgets, without limit": {judgePolicy(state.Info{Policy: "allkeys-lru"}), Warning},
		"redis forgets":                {judgePolicy(state.Info{Policy: "allkeys-lru", Max: 1}), Failed},
		"redis keeps":                  {judgePolicy(state.Info{Policy: "noeviction"}), OK},
		"redis hides":                  {judgePolicy(state.Info{}), Skipped},
		"fsync always":                 {judgePersistence(state.Info{AppendOnly: true, AppendFsync: "always"}), OK},
		"fsync everysec":               {judgePersistence(state.Info{AppendOnly: true, AppendFsync: "everysec"}), Warning},
		"fsync no":                     {judgePersistence(state.Info{AppendOnly: true, AppendFsync: "no"}), Warning},
		"fsync hidden":                 {judgePersistence(state.Info{AppendOnly: true, Hidden: []string{"appendfsync"}}), Skipped},
		"snapshots only":               {judgePersistence(state.Info{Save: "60 1"}), Warning},
		"nothing on the disk":          {judgePersistence(state.Info{}), Failed},
		"a write failed":               {judgePersistence(state.Info{AppendOnly: true, AppendFsync: "always", WriteFailed: true}), Failed},
		"left behind":                  {judgeTrial(broker.Trial{Left: []string{"s"}}, "p"), Warning},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.got.Status != tt.want || tt.got.Found == "" {
				t.Errorf("%+v, want %s", tt.got, tt.want)
			}
		})
	}
}

// Properties: whatever makes a stream forget is bad; what may become so is
// told, and a stream as the pipeline makes it is neither.
func TestJudgeStream(t *testing.T) {
	want := broker.Stream{Name: "p-log", Subjects: []string{"p.log.>"}}
	good := broker.StreamInfo{
		Name: "p-log", Subjects: want.Subjects, Retention: "limits", Discard: "new", Storage: "file",
		RecordsMax: -1, SubjectMax: -1, BytesMax: -1, RecordBytesMax: -1, First: 1, Last: 9, Records: 9, Bytes: 900,
	}
	tests := map[string]struct {
		change    func(*broker.StreamInfo)
		bad, weak string
	}{
		"as made":        {func(*broker.StreamInfo) {}, "", ""},
		"empty":          {func(s *broker.StreamInfo) { s.First, s.Last, s.Records = 0, 0, 0 }, "", ""},
		"work queue":     {func(s *broker.StreamInfo) { s.Retention = "workqueue" }, "removes what was consumed", ""},
		"age":            {func(s *broker.StreamInfo) { s.AgeMax = time.Hour }, "forgets records after 1h", ""},
		"discard old":    {func(s *broker.StreamInfo) { s.Discard = "old" }, "discards its oldest", ""},
		"memory":         {func(s *broker.StreamInfo) { s.Storage = "memory" }, "in memory", ""},
		"one a subject":  {func(s *broker.StreamInfo) { s.SubjectMax = 1 }, "keeps 1 records a subject", ""},
		"other subjects": {func(s *broker.StreamInfo) { s.Subjects = []string{"x"} }, "other subjects", ""},
		"sealed":         {func(s *broker.StreamInfo) { s.Sealed = true }, "sealed", ""},
		"gap":            {func(s *broker.StreamInfo) { s.Deleted = 2 }, "has a gap: 2 records between 1 and 9", ""},
		"damaged":        {func(s *broker.StreamInfo) { s.LostRecords = 1 }, "1 record that the server found damaged", ""},
		"purged":         {func(s *broker.StreamInfo) { s.First = 5 }, "", "begins at record 5"},
		"nearly full":    {func(s *broker.StreamInfo) { s.BytesMax = 1000 }, "", "nearly full"},
		"room":           {func(s *broker.StreamInfo) { s.BytesMax = 2000 }, "", ""},
		"small records":  {func(s *broker.StreamInfo) { s.RecordBytesMax = 1 << 20 }, "", "takes records of 1.0 MB only"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := good
			tt.change(&s)
			bad, weak := judgeStream(s, want)
			for _, c := range []struct {
				got  []string
				want string
			}{{bad, tt.bad}, {weak, tt.weak}} {
				if got := strings.Join(c.got, "; "); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
					t.Errorf("%q, want %q", got, c.want)
				}
			}
		})
	}
}

func TestMemoryFreeMindsTheGroup(t *testing.T) {
	machine := "MemTotal: 9 kB\nMemAvailable:   1000000 kB\n"
	tests := map[string]struct {
		files   map[string]string
		free    int64
		limited bool
	}{
		"machine":        {map[string]string{"/proc/meminfo": machine}, 1000000 << 10, false},
		"no limit":       {map[string]string{"/proc/meminfo": machine, "/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/memory.current": "5\n"}, 1000000 << 10, false},
		"limit":          {map[string]string{"/proc/meminfo": machine, "/sys/fs/cgroup/memory.max": "1000\n", "/sys/fs/cgroup/memory.current": "400\n"}, 600, true},
		"over the limit": {map[string]string{"/proc/meminfo": machine, "/sys/fs/cgroup/memory.max": "1000\n", "/sys/fs/cgroup/memory.current": "1400\n"}, 0, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			free, limited, known := memoryFree(func(path string) ([]byte, error) {
				text, ok := tt.files[path]
				if !ok {
					return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
				}
				return []byte(text), nil
			})
			if free != tt.free || limited != tt.limited || !known {
				t.Errorf("%d, %v, %v", free, limited, known)
			}
		})
	}
	if _, _, known := memoryFree(func(string) ([]byte, error) { return nil, errors.New("no /proc") }); known {
		t.Error("known where nothing can be read")
	}
}
