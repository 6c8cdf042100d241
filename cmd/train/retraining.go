package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"tidings/eval"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/ingest"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// retraining is one run of the command.
type retraining struct {
	flags    *retrain
	streams  cli.Streams
	broker   *broker.Broker
	stored   pipeline.Plan
	plan     pipeline.Plan // of the challenger
	progress *terminal.Progress
	began    time.Time
	pace     *rate.Limiter // nil: as fast as it goes
	seen     uint64        // documents that the pace knows of
	told     bool          // that it has caught up

	challenge *eval.Challenge
	rule      eval.Rule
	looked    uint64 // documents compared when the rule was looked at last
	saves     uint64 // documents at the last save
	saved     []pipeline.VersionInfo
	promoted  *promotion
	shown     time.Time
	counted   uint64 // documents when progress was shown last
}

// promotion is what --auto-promote did, and why.
type promotion struct {
	Version  uint64 `json:"version"`
	Position string `json:"position"`
	Behind   string `json:"state_of"` // the last position that the version has met
	Why      string `json:"why"`
}

// open finds out where it begins, and learns --from.
func (r *retraining) open(ctx context.Context) error {
	c := r.flags
	if err := r.choose(); err != nil {
		return err
	}
	if err := r.fits(); err != nil && c.AutoPromote {
		return &cli.UsageError{Err: fmt.Errorf("--auto-promote: %w", err)}
	} else if err != nil {
		r.progress.Notice(err.Error())
	}
	oracle, err := r.schooled(ctx)
	if err != nil {
		return err
	}
	name := r.stored.Pipeline
	begin, err := pipeline.LogBegin(ctx, r.broker, name)
	if err != nil {
		return err
	}
	last, err := r.broker.LastSequence(ctx, name.LogStream().Name)
	if err != nil {
		return err
	}
	start, err := eval.ParseStart(c.Start)
	if err != nil {
		return err
	}
	from, err := start.Find(ctx, r.broker, name, begin, last)
	if err != nil {
		return fmt.Errorf("--start %s: %w", c.Start, err)
	}
	if begin > 1 && from == begin {
		r.progress.Notice(fmt.Sprintf("the log begins at %d/0, what stood before has been deleted (--keep): that is where it starts", begin))
	} else {
		r.progress.Notice(fmt.Sprintf("it starts at %d/0 of the log, which holds %d/0 to %d", from, begin, last))
	}
	r.rule = eval.Rule{Documents: c.PromoteWindow, P: c.PromoteP}.WithDefaults()
	r.challenge = &eval.Challenge{
		Broker: r.broker, Stored: r.stored, Oracle: oracle, From: from, Duel: eval.NewDuel(r.rule.Documents),
		Learnt: r.learnt, Compared: r.compared,
	}
	if c.Until == "end" || c.Until == "" && c.Store != "" {
		r.challenge.To = last
	}
	limit, _, err := (&cli.PaceFlags{Rate: c.Rate}).Pace()
	if limit == 0 && c.NATS != "" && !c.Hurry {
		limit = politeRate // whoever serves sends the log
	}
	if limit > 0 {
		r.pace = rate.NewLimiter(rate.Limit(limit), pipeline.MessageLinesMax)
	}
	return err
}

// choose makes the challenger's plan: what the flags leave open is the
// pipeline's.
func (r *retraining) choose() error {
	asked, err := r.flags.asked()
	if err != nil {
		return err
	}
	r.plan = asked
	r.plan.Pipeline, r.plan.LabelWait, r.plan.Topics = r.stored.Pipeline, r.stored.LabelWait, r.stored.Topics
	if r.flags.Model == "" {
		r.plan.Model, r.plan.Options = r.stored.Model, r.stored.Options
	}
	plain, err := (&cli.ModelFlags{TextFlags: r.flags.TextFlags}).Plan()
	if err != nil {
		return err
	}
	if len(plain.Features.Changes()) == 0 { // no option of text was given
		chars := r.plan.Features.CharNGrams
		r.plan.Features = r.stored.Features
		if chars > 0 {
			r.plan.Features.CharNGrams = chars
		}
	}
	return r.plan.Check()
}

// fits tells that what is learnt cannot be promoted, and what to do.
func (r *retraining) fits() error {
	err := (&pipeline.VersionHead{Features: r.plan.Features}).Fits(r.stored.Features)
	if err == nil {
		return nil
	}
	return fmt.Errorf("a model of these features can be saved, but not promoted in pipeline %s (%w); leave the options of text out, or run a second pipeline over the same documents, with these features: classify --pipeline NAME", r.stored.Pipeline, err)
}

// schooled is the challenger as it begins: it has learnt --from, if there is one.
func (r *retraining) schooled(ctx context.Context) (*eval.Oracle, error) {
	if len(r.flags.From) == 0 {
		return eval.NewChallenger(r.plan, nil)
	}
	oracle, err := eval.NewOracle(r.plan)
	if err != nil {
		return nil, err
	}
	pupil := newStudent(oracle, r.plan, ingest.Delay{})
	_, err = each(ctx, r.flags.ReadFlags, r.flags.From, r.streams, ingest.NewDoor(ingest.Options{}).Refusal, pupil.row)
	if err != nil {
		return nil, err
	}
	r.progress.Notice(fmt.Sprintf("%d documents of --from are learnt, %.1f %% of them predicted right before", oracle.Tally.Documents, 100*oracle.Tally.Confusion.Accuracy()))
	return eval.NewChallenger(r.plan, oracle.Version())
}

// errPromoted ends a challenge that was won.
var errPromoted = errors.New("the challenger has been promoted")

// run lets the challenge run, saves, and tells.
func (r *retraining) run(ctx context.Context) error {
	err := r.challenge.Run(ctx)
	interrupted := ctx.Err()
	if err != nil && interrupted == nil && !errors.Is(err, errPromoted) {
		return err
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endingTime)
	defer cancel()
	if interrupted == nil && r.promoted == nil {
		if err := r.judge(ending); err != nil && !errors.Is(err, errPromoted) {
			return err
		}
	}
	if (r.flags.Save || r.flags.SaveEvery > 0) && r.promoted == nil && r.saves < r.challenge.Documents {
		if _, err := r.save(ending); err != nil {
			return err
		}
	}
	r.progress.Finish()
	return errors.Join(r.tell(), interrupted)
}

// endingTime bounds what is done when somebody has stopped it.
const endingTime = time.Minute

// learnt is called behind every message of the log.
func (r *retraining) learnt(ctx context.Context, sequence uint64) error {
	c := r.challenge
	if now := time.Now(); now.Sub(r.shown) >= showEvery {
		r.show(ctx, now, sequence)
	}
	if c.Caught && c.To == 0 && !r.told {
		r.told = true
		r.progress.Notice(fmt.Sprintf("it has caught up after %d documents, and follows as challenger; stop with Ctrl-C", c.Documents))
	}
	if every := r.flags.SaveEvery; every > 0 && c.Documents-r.saves >= every {
		if _, err := r.save(ctx); err != nil {
			return err
		}
	}
	n := c.Documents - r.seen
	r.seen = c.Documents
	if r.pace == nil || n == 0 {
		return nil
	}
	return r.pace.WaitN(ctx, int(min(n, uint64(r.pace.Burst()))))
}

// politeRate is how many documents a second are learnt of a log that another
// process serves, if nothing is said: it costs that process time to send them.
const politeRate = 5000

// showEvery is how often progress is looked at.
const showEvery = 250 * time.Millisecond

func (r *retraining) show(ctx context.Context, now time.Time, sequence uint64) {
	c := r.challenge
	s := terminal.Status{Stage: "catching up", Documents: c.Documents, Accuracy: c.Recent.Accuracy(), Labelled: c.Confusion.Documents()}
	if c.Caught {
		s.Stage = "following"
	}
	if last, err := r.broker.LastSequence(ctx, r.stored.Pipeline.LogStream().Name); err == nil {
		s.Lag = last - min(last, sequence)
	}
	if !r.shown.IsZero() {
		s.Rate = float64(c.Documents-r.counted) / now.Sub(r.shown).Seconds()
	}
	r.shown, r.counted = now, c.Documents
	r.progress.Show(s)
}

// compared is called when documents were compared.
func (r *retraining) compared(ctx context.Context) error {
	if !r.challenge.Caught || r.challenge.Duel.Documents()-r.looked < uint64(r.rule.Every) {
		return nil
	}
	return r.judge(ctx)
}

// judge promotes the challenger if it has won.
func (r *retraining) judge(ctx context.Context) error {
	d := r.challenge.Duel
	r.looked = d.Documents()
	if !r.flags.AutoPromote || !r.rule.Won(d) {
		return nil
	}
	champion, challenger := d.Window.Accuracies()
	p := &promotion{
		Behind: r.challenge.Oracle.Position().String(),
		Why: fmt.Sprintf("of the last %d documents that both predicted, up to %v, the challenger was right in %.2f %%, the champion in %.2f %%; the challenger alone in %d, the champion alone in %d: McNemar p = %s, below %v",
			d.Window.Documents(), d.To, 100*challenger, 100*champion, d.Window.Second, d.Window.First, shortP(d.Window.P()), r.rule.P),
	}
	info, err := r.save(ctx)
	if err != nil {
		return err
	}
	at, err := pipeline.NewPromotions(r.broker, r.stored).Promote(ctx, info.Number)
	if errors.Is(err, broker.ErrConflict) {
		r.progress.Notice("another version took over at this moment; the challenger is not promoted over it")
		return nil
	}
	if err != nil {
		return fmt.Errorf("version %d is saved, but cannot be promoted: %w", info.Number, err)
	}
	p.Version, p.Position = info.Number, at.String()
	r.promoted = p
	r.progress.Notice(fmt.Sprintf("version %d is promoted at %s of the log: %s", p.Version, p.Position, p.Why))
	return errPromoted
}

// save saves the challenger as it is.
func (r *retraining) save(ctx context.Context) (pipeline.VersionInfo, error) {
	c := r.challenge
	v := c.Oracle.Version()
	v.Note, v.Saved = r.flags.Note, time.Now().UTC().Truncate(time.Second)
	v.Origin = pipeline.VersionOrigin{Pipeline: r.stored.Pipeline, Position: c.Oracle.Position().String(), Beside: true}
	info, err := pipeline.Versions{Broker: r.broker, Pipeline: r.stored.Pipeline}.Save(ctx, v)
	if err != nil {
		return info, err
	}
	r.saves = c.Documents
	r.saved = append(r.saved, info)
	r.progress.Notice(fmt.Sprintf("version %d is saved: %s after %d documents, up to %v of the log", info.Number, r.plan.Model, c.Documents, c.Oracle.Position()))
	return info, nil
}
