package pipeline

import (
	"bytes"
	"context"
	"io"
	"strconv"

	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/planted"
	"tidings/pipeline/topics"
)

// piece is a piece of a worker's state that is saved by itself, so that it can
// be restored beside pieces that others saved.
type piece struct {
	name  string                                           // "df/0"
	limit uint64                                           // the cursor that it must not be ahead of
	copy  func() (save func(w io.Writer) error, err error) // quickly; save does not need the worker any more
	load  func(r io.Reader, at uint64) error
	reset func() error  // to what it was before the first document
	at    func() uint64 // up to which log sequence it was restored

	outside *redisCounts // where it lives, if not in the worker
}

// pieces are those of a worker's state. Where classify partitions have one
// history they have the same model, and so one piece together.
func (w *worker) pieces(ctx context.Context, a *assembly, committers []*guarantees.Committer) (all []piece) {
	if w.stage == TokenizeStage && w.releases() {
		all = w.places(a, committers)
	}
	if a.df != nil {
		for i, p := range w.partitions {
			if o, ok := a.df.tables[p].(*redisCounts); ok {
				all = append(all, w.outsidePiece(ctx, a, o, p, committers[i].Limit()))
			} else {
				all = append(all, a.dfPiece(p, committers[i].Limit()))
			}
		}
	}
	if a.classify != nil {
		all = append(all, w.learnerPiece(a, committers))
	}
	if a.topics != nil {
		var reader bytes.Buffer // the same with each partition, so that each can be restored by itself
		for i, p := range w.partitions {
			all = append(all, w.windowsPiece(a.topics, p, committers[i].Resume(), &reader))
		}
	}
	return all
}

// dfPiece is the table of a df partition that lives in the worker.
func (a *assembly) dfPiece(p int, limit uint64) piece {
	s := a.df
	return piece{
		name: DFStage + "/" + strconv.Itoa(p), limit: limit,
		copy: func() (func(io.Writer) error, error) { return s.tables[p].(*features.DF).Clone().Save, nil },
		load: func(r io.Reader, at uint64) error {
			return s.load(p, r, at)
		},
		reset: func() error {
			s.tables[p], s.at[p] = features.NewDF(s.features), 0
			if a.start != nil {
				s.take(p, a.start)
			}
			return nil
		},
		at: func() uint64 { return s.at[p] },
	}
}

// learnerPiece is the worker's model.
func (w *worker) learnerPiece(a *assembly, committers []*guarantees.Committer) piece {
	s, limit := a.classify, committers[0].Resume()
	for _, c := range committers {
		limit = min(limit, c.Resume())
	}
	return piece{
		name: w.modelPiece(), limit: limit,
		copy: func() (func(io.Writer) error, error) { return s.learner.copy().save, nil },
		load: func(r io.Reader, _ uint64) error { return s.learner.load(r) },
		reset: func() (err error) {
			if s.learner, err = NewLearner(w.plan); err == nil && a.start != nil {
				s.learner.take(a.start)
			}
			return err
		},
		at: func() uint64 { return 0 }, // it is alone: reading begins where it stands
	}
}

// windowsPiece is what a topics partition has open. reader, what all partitions
// have read, is filled by the first that is copied.
func (w *worker) windowsPiece(s *Topics, p int, limit uint64, reader *bytes.Buffer) piece {
	return piece{
		name: TopicsStage + "/" + strconv.Itoa(p), limit: limit,
		copy: func() (func(io.Writer) error, error) { // small
			if reader.Len() == 0 {
				if err := s.reader.Save(reader); err != nil {
					return nil, err
				}
			}
			save, err := written(s.states[p].Save)
			return func(w io.Writer) error {
				if _, err := w.Write(reader.Bytes()); err != nil {
					return err
				}
				return save(w)
			}, err
		},
		load: func(r io.Reader, at uint64) error {
			reader, err := topics.LoadReader(r, s.options)
			if err != nil {
				return err
			}
			state, err := topics.Load(plantedTimer(w.faults, r), s.options, p, len(s.states))
			if err == nil {
				s.take(p, state, reader, at)
			}
			return err
		},
		reset: func() error {
			s.take(p, topics.New(s.options, p, len(s.states)), topics.NewReader(s.options), 0)
			return nil
		},
		at: func() uint64 { return s.at[p] },
	}
}

// written is for what is saved as quickly as it is copied.
func written(save func(w io.Writer) error) (func(w io.Writer) error, error) {
	var data bytes.Buffer
	err := save(&data)
	return func(w io.Writer) error {
		_, err := w.Write(data.Bytes())
		return err
	}, err
}

// modelPiece names the model that the worker holds.
func (w *worker) modelPiece() string {
	if w.faults.Plants(planted.SharedReplica) {
		return ClassifyStage
	}
	return w.plan.modelPiece(w.partitions[0])
}

// modelPiece names the model of a classify partition: each has its own where
// each has been through something of its own.
func (p Plan) modelPiece(partition int) string {
	if p.shares(ClassifyStage) {
		return ClassifyStage
	}
	return ClassifyStage + "/" + strconv.Itoa(partition)
}

// pieceNames are the pieces of a stage's state, and the partitions that go back
// to each.
func (p Plan) pieceNames(n Node) map[string][]int {
	all := map[string][]int{}
	for i := range *p.Partitions.of(n.Stage) {
		name := n.Stage + "/" + strconv.Itoa(i)
		if n.Stage == ClassifyStage {
			name = p.modelPiece(i)
		}
		all[name] = append(all[name], i)
	}
	return all
}
