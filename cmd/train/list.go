package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// list is the flags of train list.
type list struct{ place }

// Help is what train list --help tells.
func (*list) Help() string {
	return `Lists the versions of a pipeline, oldest first, and says which one took over last.

  train list --store DIR
  train list --nats URL --json     a version a line`
}

// listed is a version as list writes it.
type listed struct {
	pipeline.VersionInfo
	InEffectSince string `json:"in_effect_since,omitempty"` // of the version that took over last; it has gone on learning
}

// from is where it comes from, in few words.
func (v *listed) from() string {
	if !v.Imported && v.Origin.Pipeline != "" {
		if v.Origin.Beside {
			return "challenger at " + v.Origin.Position
		}
		return v.Origin.Position
	}
	return v.Origin.String()
}

// Run lists.
func (c *list) Run(ctx context.Context, s cli.Streams) (err error) {
	b, err := c.connect(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	all, err := c.list(ctx, b)
	if err != nil {
		return err
	}
	if c.JSON {
		to := json.NewEncoder(s.Out)
		for _, v := range all {
			if err := to.Encode(v); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		_, err := fmt.Fprintf(s.Out, "pipeline %s has no versions yet; `train save` makes one of its log, `train import FILE` brings one\n", c.Pipeline)
		return err
	}
	return terminal.RenderTables(s.Out, []terminal.Table{versionsTable(all)}, terminal.Detect(s.Out, os.Getenv))
}

func (c *list) list(ctx context.Context, b *broker.Broker) ([]listed, error) {
	name := pipeline.Name(c.Pipeline)
	infos, err := (pipeline.Versions{Broker: b, Pipeline: name}).List(ctx)
	if err != nil {
		return nil, err
	}
	var last pipeline.Promoted
	if plan, err := pipeline.Stored(ctx, b, name); err == nil {
		if last, _, err = pipeline.NewPromotions(b, plan).Last(ctx, ^uint64(0)); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, broker.ErrEmpty) {
		return nil, err
	}
	var all []listed
	for _, info := range infos {
		v := listed{VersionInfo: info}
		if info.Digest == last.Digest && info.Number == last.Number {
			v.InEffectSince = last.Position.String()
		}
		all = append(all, v)
	}
	return all, nil
}

func versionsTable(all []listed) terminal.Table {
	t := terminal.Table{Title: "Versions", Heads: []string{"", "model", "documents", "updates", "MB", "saved", "from", "digest", "note"}}
	for _, v := range all {
		name := fmt.Sprint(v.Number)
		if v.InEffectSince != "" {
			name += " *"
			t.Notes = append(t.Notes, fmt.Sprintf("* version %d took over at %s, and has gone on learning", v.Number, v.InEffectSince))
		}
		t.Rows = append(t.Rows, []string{
			name, v.Model, fmt.Sprint(v.Documents), fmt.Sprint(v.Updates),
			fmt.Sprintf("%.1f", float64(v.Bytes)/1e6), savedAt(v.Saved), v.from(), v.Digest[:8], v.Note,
		})
	}
	return t
}

func savedAt(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// show is the flags of train show.
type show struct {
	place
	Version uint64 `arg:"" name:"version" help:"The version's number."`
}

// Help is what train show --help tells.
func (*show) Help() string {
	return `Shows what there is to say of a version: where it comes from, what it has learnt, under which options.

  train show 3 --store DIR`
}

// shown is a version as show writes it.
type shown struct {
	pipeline.VersionInfo
	Names []string `json:"label_names"` // in the order in which they were met
}

// Run shows.
func (c *show) Run(ctx context.Context, s cli.Streams) (err error) {
	b, err := c.connect(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	v, info, err := (pipeline.Versions{Broker: b, Pipeline: pipeline.Name(c.Pipeline)}).Load(ctx, c.Version)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(s.Out).Encode(shown{info, v.Model.Labels()})
	}
	return terminal.RenderTables(s.Out, []terminal.Table{versionTable(&info, v)}, terminal.Detect(s.Out, os.Getenv))
}

func versionTable(info *pipeline.VersionInfo, v *pipeline.ModelVersion) terminal.Table {
	t := terminal.Table{Title: fmt.Sprintf("Version %d", info.Number), Remark: info.Note, Heads: []string{"", ""}}
	row := func(name string, value any) { t.Rows = append(t.Rows, []string{name, fmt.Sprint(value)}) }
	row("from", info.Origin)
	row("saved", savedAt(info.Saved))
	row("model", info.Model)
	row("model options", plainJSON(info.Options))
	row("features", plainJSON(info.Features))
	row("documents", info.Documents)
	row("updates", info.Updates)
	row("ledger", info.Chain)
	row("terms of df", info.Terms)
	row("cells of the model", info.Cells)
	row("bytes", info.Bytes)
	row("model digest", pipeline.Digest(v.Model.Digest()))
	row("df digest", pipeline.Digest(v.DF.Digest()))
	row("file digest", info.Digest)
	t.Notes = append(t.Notes, fmt.Sprintf("%d labels: %s", info.Labels, strings.Join(v.Model.Labels(), ", ")))
	return t
}

func plainJSON(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(data)
}
