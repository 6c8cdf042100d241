package tidings_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms says which rooms of the project each may import. Arrows run downward
// only; a room that is not listed here does not exist.
var rooms = map[string][]string{
	".":                          {},
	"features":                   {".", "internal/htmltext", "internal/near"},
	"model":                      {".", "internal/near"},
	"model/modeltest":            {".", "model"},
	"model/drift":                {"internal/near"},
	"datasets":                   {".", "datasets/archive", "datasets/newsgroups", "datasets/reuters", "datasets/wikitext", "internal/jsonl", "internal/near"},
	"datasets/sample":            {"."},
	"datasets/archive":           {},
	"datasets/datasetstest":      {},
	"datasets/reuters":           {"."},
	"datasets/newsgroups":        {"."},
	"datasets/wikitext":          {"."},
	"datasets/feed":              {".", "datasets", "internal/fetch", "internal/htmltext"},
	"datasets/catalogue":         {".", "datasets", "datasets/wikitext", "internal/fetch", "internal/near"},
	"eval/metric":                {"."},
	"eval/statistics":            {},
	"eval/report":                {},
	"eval/experiments":           {".", "features", "model", "eval/metric", "eval/report", "eval/statistics"},
	"internal/jsonl":             {"."},
	"internal/fetch":             {},
	"internal/htmltext":          {},
	"internal/near":              {},
	"internal/broker":            {},
	"internal/broker/brokertest": {"internal/broker"},
	"internal/planted":           {},
	"guarantees":                 {"internal/planted", "internal/broker", "internal/near"},
	"guarantees/guaranteestest":  {"guarantees"},
	"pipeline/topics":            {".", "features", "pipeline/topics/bursts", "pipeline/topics/stories"},
	"pipeline/topics/bursts":     {"features"},
	"pipeline/topics/stories":    {".", "features"},
	"pipeline":                   {".", "internal/planted", "features", "model", "model/drift", "guarantees", "eval/metric", "pipeline/topics", "pipeline/topics/bursts", "pipeline/topics/stories", "internal/broker", "internal/state", "internal/jsonl"},
	"eval":                       {".", "eval/ledger", "features", "model", "guarantees", "internal/broker", "internal/jsonl", "pipeline", "pipeline/topics", "eval/metric"},
	"eval/ledger":                {".", "guarantees", "internal/broker", "model", "pipeline"},
	"eval/check":                 {".", "eval", "eval/ledger", "features", "guarantees", "internal/broker", "pipeline", "pipeline/topics"},
	"eval/peers":                 {".", "eval", "features", "internal/broker", "internal/jsonl", "model", "pipeline"},
	"eval/evaltest":              {"eval", "eval/check", "guarantees", "internal/broker", "pipeline"},
	"internal/ingest":            {".", "datasets", "guarantees", "internal/broker", "internal/jsonl", "pipeline"},
	"internal/state":             {"."},
	"internal/state/redistest":   {},
	"internal/doctor":            {"internal/broker", "internal/state", "internal/ingest", "pipeline"},
	"internal/terminal":          {"internal/doctor", ".", "guarantees", "model/drift", "eval/metric", "pipeline", "pipeline/topics"},
	"internal/config":            {"internal/near"},
	"internal/reference":         {},
	"internal/cli":               {".", "internal/ingest", "guarantees", "datasets", "datasets/catalogue", "datasets/feed", "internal/fetch", "datasets/sample", "features", "model", "model/drift", "internal/broker", "internal/terminal", "internal/config", "internal/near", "internal/reference", "internal/state", "pipeline", "pipeline/topics"},
	"cmd":                        {},
	"cmd/classify":               nil, // nil: all
	"cmd/ingest":                 nil,
	"cmd/train":                  nil,
	"cmd/compare":                nil,
}

// onlyIn says which room alone may speak to a technology.
var onlyIn = map[string]string{
	"github.com/nats-io/":            "internal/broker",
	"github.com/alecthomas/kong":     "internal/cli",
	"github.com/goccy/go-yaml":       "internal/config",
	"github.com/clipperhouse/uax29/": "features",
	"github.com/mmcdole/gofeed":      "datasets/feed",
	"github.com/jdkato/prose/":       "features",
	"github.com/blevesearch/":        "features",
	"github.com/redis/":              "internal/state",
	"gonum.org/v1/gonum/":            "eval/statistics",
}

// Properties: every room is known; each imports only what stands below it; a
// technology is spoken to in one room.
func TestArrowsRunDownward(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		room := name(fields[0])
		allowed, known := rooms[room]
		if !known {
			t.Errorf("room %s is not in the plan of the house", room)
			continue
		}
		for _, path := range fields[1:] {
			if path == "tidings" || strings.HasPrefix(path, "tidings/") {
				imported := name(path)
				if allowed != nil && !slices.Contains(allowed, imported) || allowed == nil && imported == "internal/planted" {
					t.Errorf("%s imports %s, which does not stand below it", room, imported)
				}
			}
			for technology, only := range onlyIn {
				if strings.HasPrefix(path, technology) && room != only && !strings.HasPrefix(room, only+"/") {
					t.Errorf("%s imports %s, which is for %s alone", room, path, only)
				}
			}
		}
	}
}

func name(path string) string {
	if path == "tidings" {
		return "."
	}
	return strings.TrimPrefix(path, "tidings/")
}
