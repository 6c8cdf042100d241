package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tidings"
	"tidings/features"
	"tidings/model"
)

// ModelVersion is a model with its df as they stood at one exact place: all
// that it takes to predict what was predicted there, and to go on learning to
// the same bits. Whoever holds one must not change it; copies are for that.
type ModelVersion struct {
	VersionHead
	Model model.Model
	DF    *features.DF
	Met   features.Documents // N of TF-IDF, as df counts
}

// VersionHead is what there is to say of a version without its numbers.
type VersionHead struct {
	Features  features.Options `json:"features"`
	Model     string           `json:"model"`
	Options   model.Options    `json:"model_options"`
	Documents uint64           `json:"documents"` // that it has met
	Updates   uint64           `json:"updates"`   // that the model has applied
	Chain     Hex              `json:"chain"`     // the hash of their positions and labels
	Labels    int              `json:"labels"`
	Terms     int              `json:"terms"` // that df counts
	Cells     int              `json:"cells"` // of the model
	Origin    VersionOrigin    `json:"origin"`
	Note      string           `json:"note,omitempty"`
	Saved     time.Time        `json:"saved,omitzero"`
}

// VersionOrigin is where a version comes from: a place in a pipeline's log, or
// the files that it was trained from.
type VersionOrigin struct {
	Pipeline Name   `json:"pipeline,omitempty"`
	Position string `json:"position,omitempty"` // the last that it has met: sequence/line
	Files    string `json:"files,omitempty"`
	// Beside says that it is not the state that the pipeline had at the position,
	// but that of a challenger which had met the log up to there.
	Beside bool `json:"beside,omitempty"`
}

func (o VersionOrigin) String() string {
	if o.Beside {
		return fmt.Sprintf("a challenger of %s at %s", o.Pipeline, o.Position)
	}
	if o.Pipeline != "" {
		return fmt.Sprintf("%s at %s", o.Pipeline, o.Position)
	}
	return o.Files
}

// Hex is a hash, as digits in JSON.
type Hex uint64

func (h Hex) String() string { return Digest(uint64(h)) }

// MarshalText writes 16 digits.
func (h Hex) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *Hex) UnmarshalText(text []byte) error {
	var b [8]byte
	if len(text) != 2*len(b) {
		return fmt.Errorf("%q is no hash of 16 digits", text)
	}
	if _, err := hex.Decode(b[:], text); err != nil {
		return fmt.Errorf("%q is no hash of 16 digits", text)
	}
	*h = 0
	for _, v := range b {
		*h = *h<<8 | Hex(v)
	}
	return nil
}

// Limits of a version's notes, and of a version.
const (
	VersionNoteMax  = 1024    // bytes of a note
	VersionBytesMax = 4 << 30 // of a saved version; larger ones are neither written nor read
)

// fill makes the head say what the numbers are.
func (v *ModelVersion) fill() {
	v.VersionHead.Model, v.Updates = v.Model.Name(), v.Model.Updates()
	v.Documents = v.Met.Count()
	v.Labels, v.Cells, v.Terms = len(v.Model.Labels()), v.Model.Cells(), v.DF.Len()
}

// check tells in what the head does not say what the numbers are.
func (v *ModelVersion) check() error {
	is := *v
	is.fill()
	if is.VersionHead.Model != v.VersionHead.Model || is.Updates != v.Updates || is.Labels != v.Labels || is.Cells != v.Cells || is.Terms != v.Terms {
		return fmt.Errorf("%w: its head speaks of another model", ErrVersionDamaged)
	}
	if !v.DF.Fits(v.Features) {
		return fmt.Errorf("%w: its df was counted with another half-life or limit than it says", ErrVersionDamaged)
	}
	return v.Features.Check()
}

// Version is what the model is at: its place in a ledger.
func (h *VersionHead) Version() Version { return Version{h.Updates, uint64(h.Chain)} }

// Fits tells why a pipeline with these features cannot use the version, nil if
// it can: its numbers mean nothing under other features. The model may be of
// any kind.
func (h *VersionHead) Fits(o features.Options) error {
	if d := featureDifferences(h.Features, o); len(d) > 0 {
		return tidings.Refuse(ReasonVersionFeatures, "it was learnt with other features: "+strings.Join(d, "; "))
	}
	return nil
}

// featureDifferences lists in what two sets of options differ, in their effect.
func featureDifferences(version, pipeline features.Options) (differences []string) {
	a, b := plainFeatures(version), plainFeatures(pipeline)
	var all []string
	diff("", a, b, &all)
	for _, d := range all {
		d = strings.Replace(d, ": stored ", ": the version has ", 1)
		d = strings.Replace(d, ", asked for ", ", the pipeline ", 1)
		differences = append(differences, strings.ReplaceAll(d, " null", " the default"))
	}
	return differences
}

// plainFeatures are options as JSON, with the defaults written out.
func plainFeatures(o features.Options) map[string]any {
	o = o.Canonical()
	if o.Tokenizer == "" {
		o.Tokenizer = features.TokenizerUnicode
	}
	if o.HashBits == 0 {
		o.HashBits = features.HashBitsDefault
	}
	var plain map[string]any
	data, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(data, &plain)
	}
	if err != nil {
		return map[string]any{"features": err.Error()}
	}
	return plain
}

// VersionDigest is the digest of a saved version: SHA-256, in hexadecimal digits.
func VersionDigest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Why a promotion is refused.
const (
	ReasonNoVersion       tidings.Reason = "no_version"       // no such version is stored
	ReasonVersionDamaged  tidings.Reason = "version_damaged"  // it cannot be read
	ReasonVersionFeatures tidings.Reason = "version_features" // it was learnt with other features
	ReasonBadPromotion    tidings.Reason = "bad_promotion"    // the record does not say what is promoted
)

// Frozen asks the version. It must not be changed meanwhile.
func (v *ModelVersion) Frozen() *Frozen {
	return NewFrozen(v.Features, v.Model, v.DF.Next, v.Met)
}

// Differences lists in what two versions were learnt differently: the features,
// the model and its options, as "path: this, other".
func (h *VersionHead) Differences(other *VersionHead) (all []string) {
	plain := func(h *VersionHead) map[string]any {
		return map[string]any{"features": plainFeatures(h.Features), "model": h.Model, "model_options": plainOptions(h.Options)}
	}
	var differences []string
	diff("", plain(h), plain(other), &differences)
	for _, d := range differences {
		d = strings.Replace(d, ": stored ", ": ", 1)
		d = strings.Replace(d, ", asked for ", ", ", 1)
		all = append(all, strings.ReplaceAll(d, " null", " the default"))
	}
	return all
}

func plainOptions(o model.Options) (plain map[string]any) {
	data, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(data, &plain)
	}
	if err != nil {
		return map[string]any{"options": err.Error()}
	}
	return plain
}
