package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tidings/internal/broker"
)

// VersionInfo describes a version that is stored.
type VersionInfo struct {
	Number uint64 `json:"version"`
	Digest string `json:"digest"` // of its bytes, see VersionDigest
	Bytes  uint64 `json:"bytes"`
	// Imported says that it was not saved in this pipeline: its origin is of
	// another log.
	Imported bool `json:"imported,omitempty"`
	VersionHead
}

// Promotion is what a record of the log says that is to take effect at its own
// place.
func (i *VersionInfo) Promotion() Promotion {
	return Promotion{Number: i.Number, Digest: i.Digest, Updates: i.Updates, Chain: i.Chain}
}

// Versions are those of one pipeline: objects of the bucket <pipeline>-versions
// whose names are numbers. A number is taken in the pipeline's meta bucket
// before its object is written, by who comes first, so no two writers share one
// and none is used twice; one whose writer died before it wrote stays without a
// version. What is stored is never changed.
type Versions struct {
	Broker   *broker.Broker
	Pipeline Name
}

// versionsBucket holds the versions.
func (n Name) versionsBucket() string { return string(n) + "-versions" }

const (
	versionMeta   = "tidings-version"
	versionPrefix = "version." // keys of the numbers that are taken
)

// NoVersionError says that a pipeline has no version of a number.
type NoVersionError struct {
	Pipeline Name
	Number   uint64
	There    []uint64 // those that it has
}

func (e *NoVersionError) Error() string {
	if len(e.There) == 0 {
		return fmt.Sprintf("pipeline %s has no version %d: it has none yet; `train save` makes one of its log, `train import FILE` brings one", e.Pipeline, e.Number)
	}
	numbers := make([]string, 0, len(e.There))
	for _, n := range e.There {
		numbers = append(numbers, strconv.FormatUint(n, 10))
	}
	if len(numbers) > 20 {
		numbers = append(append(numbers[:3:3], "..."), numbers[len(numbers)-10:]...)
	}
	return fmt.Sprintf("pipeline %s has no version %d; there are %s", e.Pipeline, e.Number, strings.Join(numbers, ", "))
}

// List returns all versions by number.
func (s Versions) List(ctx context.Context) ([]VersionInfo, error) {
	bucket := s.Pipeline.versionsBucket()
	objects, err := s.Broker.Objects(ctx, bucket)
	if err != nil {
		return nil, err
	}
	var all []VersionInfo
	for _, o := range objects {
		var info VersionInfo
		if err := json.Unmarshal([]byte(o.Meta[versionMeta]), &info); err != nil || strconv.FormatUint(info.Number, 10) != o.Name {
			return nil, fmt.Errorf("bucket %s holds %q, which is no version that this program knows; a newer one may have written it", bucket, o.Name)
		}
		info.Bytes = o.Bytes
		all = append(all, info)
	}
	slices.SortFunc(all, func(a, b VersionInfo) int { return cmp.Compare(a.Number, b.Number) })
	return all, nil
}

// Info describes one version; a *NoVersionError when there is none.
func (s Versions) Info(ctx context.Context, number uint64) (VersionInfo, error) {
	all, err := s.List(ctx)
	if err != nil {
		return VersionInfo{}, err
	}
	missing := &NoVersionError{Pipeline: s.Pipeline, Number: number}
	for _, info := range all {
		if info.Number == number {
			return info, nil
		}
		missing.There = append(missing.There, info.Number)
	}
	return VersionInfo{}, missing
}

// Data returns a version's bytes as they were saved. ErrVersionDamaged where
// they are not those bytes.
func (s Versions) Data(ctx context.Context, info VersionInfo) ([]byte, error) {
	data, err := s.Broker.GetObject(ctx, s.Pipeline.versionsBucket(), strconv.FormatUint(info.Number, 10), VersionBytesMax)
	switch {
	case errors.Is(err, broker.ErrEmpty):
		return nil, &NoVersionError{Pipeline: s.Pipeline, Number: info.Number}
	case err != nil:
		return nil, err
	case VersionDigest(data) != info.Digest:
		return nil, fmt.Errorf("version %d of pipeline %s: %w: its digest is not %s", info.Number, s.Pipeline, ErrVersionDamaged, info.Digest)
	}
	return data, nil
}

// Load returns a version by its number.
func (s Versions) Load(ctx context.Context, number uint64) (*ModelVersion, VersionInfo, error) {
	info, err := s.Info(ctx, number)
	if err != nil {
		return nil, info, err
	}
	v, err := s.load(ctx, info)
	return v, info, err
}

func (s Versions) load(ctx context.Context, info VersionInfo) (*ModelVersion, error) {
	data, err := s.Data(ctx, info)
	if err != nil {
		return nil, err
	}
	v, err := DecodeVersion(data)
	if err != nil {
		return nil, fmt.Errorf("version %d of pipeline %s: %w", info.Number, s.Pipeline, err)
	}
	return v, nil
}

// Save stores a version under the next number.
func (s Versions) Save(ctx context.Context, v *ModelVersion) (VersionInfo, error) {
	data, err := v.Encode()
	if err != nil {
		return VersionInfo{}, err
	}
	return s.put(ctx, VersionInfo{VersionHead: v.VersionHead}, data)
}

// Import stores a version as it was saved elsewhere. Where the very same bytes
// are stored already it says so, and stores nothing.
func (s Versions) Import(ctx context.Context, data []byte) (info VersionInfo, known bool, err error) {
	v, err := DecodeVersion(data)
	if err != nil {
		return info, false, err
	}
	if info, known, err = s.find(ctx, VersionDigest(data)); known || err != nil {
		return info, known, err
	}
	info, err = s.put(ctx, VersionInfo{Imported: true, VersionHead: v.VersionHead}, data)
	return info, false, err
}

// find looks for a version by its digest.
func (s Versions) find(ctx context.Context, digest string) (VersionInfo, bool, error) {
	all, err := s.List(ctx)
	for _, info := range all {
		if info.Digest == digest {
			return info, true, nil
		}
	}
	return VersionInfo{}, false, err
}

func (s Versions) put(ctx context.Context, info VersionInfo, data []byte) (_ VersionInfo, err error) {
	info.Digest, info.Bytes = VersionDigest(data), uint64(len(data))
	if info.Number, err = s.take(ctx); err != nil {
		return info, fmt.Errorf("a version cannot be saved: %w", err)
	}
	meta, err := json.Marshal(info)
	if err != nil {
		return info, err
	}
	o := broker.Object{Name: strconv.FormatUint(info.Number, 10), Meta: map[string]string{versionMeta: string(meta)}}
	return info, s.Broker.PutObject(ctx, s.Pipeline.versionsBucket(), o, data)
}

// take takes the next number for this writer alone.
func (s Versions) take(ctx context.Context) (uint64, error) {
	bucket := s.Pipeline.metaBucket()
	taken, err := s.Broker.Values(ctx, bucket, versionPrefix+">")
	if err != nil {
		return 0, err
	}
	next := uint64(1)
	for key := range taken {
		if n, err := strconv.ParseUint(strings.TrimPrefix(key, versionPrefix), 10, 64); err == nil {
			next = max(next, n+1)
		}
	}
	for {
		err := s.Broker.CreateKey(ctx, bucket, versionPrefix+strconv.FormatUint(next, 10), []byte("{}"))
		if !errors.Is(err, broker.ErrExists) {
			return next, err
		}
		next++
	}
}
