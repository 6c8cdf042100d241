package eval

import (
	"errors"
	"sync"

	"tidings/model"
	"tidings/pipeline"
)

// weights looks how far each replica of a model is from the oracle's when it has
// met the whole log. A replica that is killed there meets it once more, on what it
// had learnt or not, so several are seen; the one that counts is that of the
// record in which the replica's stream came to the log's end.
type weights struct {
	truth model.Model
	last  uint64 // of the log

	told   sync.Mutex
	of     map[replicaAt]model.Distance
	failed error
}

// replicaAt is a replica at a version.
type replicaAt struct {
	replica int
	version pipeline.Version
}

// look is what a pipeline.Runner tells.
func (w *weights) look(replica int, to uint64, l *pipeline.Learner) {
	if to < w.last {
		return
	}
	at := replicaAt{replica, l.Version()}
	w.told.Lock()
	defer w.told.Unlock()
	if _, known := w.of[at]; known {
		return
	}
	d, err := model.Apart(l.Model(), w.truth)
	w.failed = errors.Join(w.failed, err)
	w.of[at] = d
}

// tell adds a replica to the outcome, at the version that counts.
func (w *weights) tell(o *Outcome, replica int, v pipeline.Version) error {
	d, seen := w.of[replicaAt{replica, v}]
	if !seen || w.failed != nil {
		return w.failed
	}
	if o.Weights == nil {
		o.Weights = &WeightsApart{}
	}
	o.Weights.Percent += 100 * d.Relative
	o.Weights.Max = max(o.Weights.Max, d.Max)
	o.Weights.Replicas++
	return nil
}

// WeightsApart is how far a run's model is from the oracle's, where it has met
// the whole log.
type WeightsApart struct {
	Percent  float64 `json:"percent"`  // the norm of what the weights are apart, of the norm of the oracle's: the mean of the replicas
	Max      float64 `json:"max"`      // what a weight of any replica is apart at most
	Replicas int     `json:"replicas"` // each of the model
}
