package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"tidings"
	"tidings/internal/broker"
)

// Promotion says which version takes over.
type Promotion struct {
	Number  uint64 `json:"version"`
	Digest  string `json:"digest"`  // of its bytes
	Updates uint64 `json:"updates"` // what the model is at then
	Chain   Hex    `json:"chain"`

	version *ModelVersion // once it is loaded
}

// Promoted is the version that takes over at the entry, once it is loaded.
func (e *Entry) Promoted() *ModelVersion { return e.Promotion.version }

// Version is what the model is at behind the promotion.
func (p *Promotion) Version() Version { return Version{p.Updates, uint64(p.Chain)} }

// PromoteSource is the source of promotions: they share one fence.
const PromoteSource = "promote"

// Promotions judges the promotions in a pipeline's log and brings what they
// promote. Stages do neither: they find both in their units.
type Promotions struct {
	Versions
	Plan Plan
	// Decides makes each judgement hold for ever, whatever becomes of the
	// versions: for whoever writes down what the log holds.
	Decides bool
}

// NewPromotions are those of a pipeline, for somebody who only looks.
func NewPromotions(b *broker.Broker, p Plan) *Promotions {
	return &Promotions{Versions: Versions{Broker: b, Pipeline: p.Pipeline}, Plan: p}
}

// judgement is what is stored of one.
type judgement struct {
	Refused tidings.Reason `json:"refused,omitempty"`
	Detail  string         `json:"detail,omitempty"`
}

const judgementPrefix = "promotion." // keys of judgements, by log sequence

// Judge finds out of each promotion among the unit's messages whether it can
// take effect. It comes before Tokenize steps.
func (p *Promotions) Judge(ctx context.Context, u *Unit) error {
	return p.judgeOwned(ctx, u, func(uint64) bool { return true })
}

// judgeOwned judges those that owns lets through.
func (p *Promotions) judgeOwned(ctx context.Context, u *Unit, owns func(sequence uint64) bool) error {
	for i := range u.messages {
		m := &u.messages[i]
		if m.kind != ControlRecord || !owns(m.sequence) {
			continue
		}
		c, err := parseControl(m.data)
		if err != nil || c.Kind != promoteKind {
			continue
		}
		var j judgement
		if j, m.version, err = p.judge(ctx, m.sequence, c.Promotion); err != nil {
			return fmt.Errorf("the promotion of version %d at %d/0 cannot be judged: %w", c.Number, m.sequence, err)
		}
		if m.refused = nil; j.Refused != "" {
			m.refused = tidings.Refuse(j.Refused, j.Detail)
		}
	}
	return nil
}

// judge says what is stored, or finds out and stores it.
func (p *Promotions) judge(ctx context.Context, sequence uint64, q Promotion) (judgement, *ModelVersion, error) {
	key := judgementPrefix + strconv.FormatUint(sequence, 10)
	j, err := p.judged(ctx, key)
	if !errors.Is(err, broker.ErrEmpty) {
		return j, nil, err
	}
	v, err := p.examine(ctx, &q)
	if j = (judgement{}); err != nil {
		var refusal *tidings.DocumentError
		if !errors.As(err, &refusal) {
			return j, nil, err
		}
		j = judgement{refusal.Reason, clip(refusal.Detail, rejectDetailBytes)}
	}
	if !p.Decides {
		return j, v, nil
	}
	value, err := json.Marshal(j)
	if err != nil {
		return j, nil, err
	}
	err = p.Broker.CreateKey(ctx, p.Pipeline.metaBucket(), key, value)
	if errors.Is(err, broker.ErrExists) { // somebody was faster
		j, err = p.judged(ctx, key)
	}
	return j, v, err
}

func (p *Promotions) judged(ctx context.Context, key string) (j judgement, err error) {
	value, err := p.Broker.Key(ctx, p.Pipeline.metaBucket(), key)
	if err == nil {
		err = json.Unmarshal(value, &j)
	}
	return j, err
}

// examine tries whether a version can take over in the pipeline; where it is
// the version's fault, why not is a *tidings.DocumentError.
func (p *Promotions) examine(ctx context.Context, q *Promotion) (*ModelVersion, error) {
	info, err := p.Info(ctx, q.Number)
	if err == nil && info.Digest != q.Digest {
		err = tidings.Refuse(ReasonNoVersion, fmt.Sprintf("version %d has the digest %s, the promotion is of another one", q.Number, info.Digest))
	}
	var missing *NoVersionError
	if errors.As(err, &missing) {
		err = tidings.Refuse(ReasonNoVersion, missing.Error())
	}
	if err != nil {
		return nil, err
	}
	if err := info.Fits(p.Plan.Features); err != nil {
		return nil, err
	}
	v, err := p.load(ctx, info)
	if err != nil {
		return nil, damaged(ctx, err)
	}
	if v.Version() != q.Version() {
		return nil, tidings.Refuse(ReasonBadPromotion, fmt.Sprintf("version %d is not at the %d updates that the promotion tells", q.Number, q.Updates))
	}
	return v, v.Fits(p.Plan.Features)
}

// damaged takes an error for the version's fault, unless the broker went away.
func damaged(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, broker.ErrNoBroker) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return tidings.Refuse(ReasonVersionDamaged, err.Error())
}

// Bring loads what the unit's promotions promote. It comes before the stages
// that take it. A version may have another number by now, having been deleted
// and imported again.
func (p *Promotions) Bring(ctx context.Context, u *Unit) (err error) {
	for i := range u.Entries {
		e := &u.Entries[i]
		if e.Kind != PromoteEntry || e.Promotion.version != nil {
			continue
		}
		if e.Promotion.version, err = p.Fetch(ctx, e.Promotion); err != nil {
			return fmt.Errorf("version %d took over at %v, and what came then cannot be computed again without it: %w; `train import FILE` brings it back from the file that it was exported to (digest %.12s)",
				e.Promotion.Number, e.Position, err, e.Promotion.Digest)
		}
	}
	return nil
}

// Fetch loads the version that a promotion is of.
func (p *Promotions) Fetch(ctx context.Context, q *Promotion) (*ModelVersion, error) {
	v, err := p.load(ctx, VersionInfo{Number: q.Number, Digest: q.Digest})
	if err == nil || ctx.Err() != nil || errors.Is(err, broker.ErrNoBroker) {
		return v, err
	}
	all, listed := p.List(ctx)
	if listed != nil {
		return nil, listed
	}
	for _, info := range all {
		if info.Digest == q.Digest && info.Number != q.Number {
			return p.load(ctx, info)
		}
	}
	return nil, err
}

// Start loads the version that the pipeline begins with, nil if it begins with
// nothing.
func (p *Promotions) Start(ctx context.Context) (*ModelVersion, error) {
	if p.Plan.Start.Number == 0 {
		return nil, nil
	}
	v, err := p.Fetch(ctx, &p.Plan.Start)
	if err == nil {
		err = v.Fits(p.Plan.Features)
	}
	if err != nil {
		return nil, fmt.Errorf("pipeline %s begins with version %d, which is not to be had: %w; `train import FILE` brings it back (digest %.12s)", p.Pipeline, p.Plan.Start.Number, err, p.Plan.Start.Digest)
	}
	return v, nil
}

// Promoted is a promotion that took effect, and where.
type Promoted struct {
	Promotion
	Position tidings.Position
}

// Last is the last promotion that took effect at or before a log message.
func (p *Promotions) Last(ctx context.Context, upTo uint64) (last Promoted, found bool, err error) {
	stream := p.Pipeline.LogStream().Name
	var all []broker.Record
	err = p.Broker.Scan(ctx, stream, p.Pipeline.LogSubject(ControlRecord, ">"), 1, upTo, func(r broker.Record) error {
		if c, err := parseControl(r.Data); err == nil && c.Kind == promoteKind {
			all = append(all, r)
		}
		return nil
	})
	if err != nil {
		return last, false, err
	}
	for _, r := range slices.Backward(all) {
		c, err := parseControl(r.Data)
		if err != nil {
			return last, false, err
		}
		j, _, err := p.judge(ctx, r.Sequence, c.Promotion)
		if err != nil {
			return last, false, err
		}
		if j.Refused == "" {
			return Promoted{c.Promotion, tidings.Position{Sequence: r.Sequence}}, true, nil
		}
	}
	return last, false, nil
}

// EndOf is the place of the last entry of a log message.
func (p *Promotions) EndOf(ctx context.Context, sequence uint64) (tidings.Position, error) {
	r, err := p.Broker.Record(ctx, p.Pipeline.LogStream().Name, sequence)
	if err != nil {
		return tidings.Position{}, err
	}
	var u Unit
	u.AddLog(r)
	if err := NewTokenize(p.Plan.Features, func(uint64) bool { return true }).Step(&u); err != nil {
		return tidings.Position{}, err
	}
	return u.Entries[len(u.Entries)-1].Position, nil
}

// Promote puts a promotion of a stored version behind the log's last record and
// returns its place. What could not take effect there is refused at once, and
// so is one that another promotion came before meanwhile: broker.ErrConflict.
func (p *Promotions) Promote(ctx context.Context, number uint64) (tidings.Position, error) {
	info, err := p.Info(ctx, number)
	if err != nil {
		return tidings.Position{}, err
	}
	q := info.Promotion()
	if _, err := p.examine(ctx, &q); err != nil {
		return tidings.Position{}, fmt.Errorf("version %d cannot take over in pipeline %s: %w", number, p.Pipeline, err)
	}
	data, err := json.Marshal(control{promoteKind, q})
	if err != nil {
		return tidings.Position{}, err
	}
	return p.put(ctx, data)
}

func (p *Promotions) put(ctx context.Context, data []byte) (tidings.Position, error) {
	stream, all := p.Pipeline.LogStream().Name, p.Pipeline.LogSubject("*", PromoteSource)
	last, err := p.Broker.Last(ctx, stream, all)
	if err != nil && !errors.Is(err, broker.ErrEmpty) {
		return tidings.Position{}, err
	}
	sequence, err := p.Broker.Put(ctx, stream, p.Pipeline.LogSubject(ControlRecord, PromoteSource), all, last.Sequence, nil, data)
	if errors.Is(err, broker.ErrUnknown) { // it may be there nevertheless
		now, found := p.Broker.Last(ctx, stream, all)
		if found == nil && now.Sequence > last.Sequence && string(now.Data) == string(data) {
			sequence, err = now.Sequence, nil
		}
	}
	return tidings.Position{Sequence: sequence}, err
}

// Promote makes the version of an entry take over: its model, the number of
// documents that it has met, and its place in the ledger. A promotion that comes
// again, as it can where documents may be learnt again, changes nothing.
func (l *Learner) Promote(e *Entry) {
	if e.Position.Compare(l.promoted) <= 0 {
		return
	}
	l.promoted = e.Position
	l.take(e.Promotion.version)
}

// Begin makes a version what the learner begins with.
func (l *Learner) Begin(v *ModelVersion) { l.take(v) }

// take makes a version the learner's.
func (l *Learner) take(v *ModelVersion) {
	l.model, l.documents, l.chain = v.Model.Clone(), v.Met, uint64(v.Chain)
}
