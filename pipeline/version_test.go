package pipeline_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/features"
	"tidings/model"
	"tidings/pipeline"
)

// version makes a small one.
func version(tb testing.TB, name string) *pipeline.ModelVersion {
	tb.Helper()
	m, err := model.New(name, model.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	df, met := features.NewDF(features.Options{}), features.NewDocuments(features.Options{})
	for range 5 {
		met.Add(features.NoTime)
	}
	for i, label := range []string{"sport", "weather", "sport", "politics"} {
		x := tidings.Vector{Index: []uint32{uint32(i), 7, 9}, Value: []float64{.6, .6, .5}}
		if err := m.Learn(x, label, nil); err != nil {
			tb.Fatal(err)
		}
		for _, slot := range df.Resolve(nil, []uint64{uint64(i) << 40, 7 << 33, 9 << 20}) {
			df.Observe(slot)
		}
	}
	return &pipeline.ModelVersion{
		VersionHead: pipeline.VersionHead{
			Chain: 0x0123456789abcdef, Note: "a note",
			Origin: pipeline.VersionOrigin{Pipeline: "news", Position: "3/1"}, Saved: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC),
		},
		Model: m, DF: df, Met: met,
	}
}

func encoded(tb testing.TB, v *pipeline.ModelVersion) []byte {
	tb.Helper()
	data, err := v.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// Properties, for each kind of model: a version that was saved and read is the
// same version, and saved again the same bytes; a reader takes nothing beyond it.
func TestVersionIsReadBackAsItWasSaved(t *testing.T) {
	for _, name := range model.Names() {
		t.Run(name, func(t *testing.T) {
			v := version(t, name)
			data := encoded(t, v)
			got, err := pipeline.DecodeVersion(data)
			if err != nil {
				t.Fatal(err)
			}
			if got.Model.Digest() != v.Model.Digest() || got.DF.Digest() != v.DF.Digest() || got.Chain != v.Chain ||
				got.Documents != 5 || got.Updates != 4 || got.Labels != 3 || got.Terms != v.DF.Len() || got.VersionHead.Model != name {
				t.Errorf("read %+v", got.VersionHead)
			}
			if again := encoded(t, got); !bytes.Equal(again, data) {
				t.Errorf("saved again it has %d bytes, before %d, and not the same", len(again), len(data))
			}
			r := bytes.NewReader(append(bytes.Clone(data), "more"...))
			if one, err := pipeline.ReadVersion(r); err != nil || !bytes.Equal(one, data) || r.Len() != 4 {
				t.Errorf("%d bytes were read, %d are left: %v", len(one), r.Len(), err)
			}
		})
	}
}

// Properties: cut off anywhere, with any byte changed, or with more behind it,
// nothing is read as a version; and a file says which it is.
func TestDamagedVersionIsRefused(t *testing.T) {
	data := encoded(t, version(t, model.Default))
	for n := range data {
		if _, err := pipeline.DecodeVersion(data[:n]); !errors.Is(err, pipeline.ErrVersionDamaged) {
			t.Fatalf("cut off behind %d of %d bytes: %v", n, len(data), err)
		}
		for _, change := range []byte{1, 0x80, 0xff} {
			bad := bytes.Clone(data)
			bad[n] ^= change
			if _, err := pipeline.DecodeVersion(bad); err == nil {
				t.Fatalf("byte %d of %d is changed, and it is read", n, len(data))
			}
		}
	}
	path := filepath.Join(t.TempDir(), "model.version")
	if err := pipeline.WriteVersionFile(path, append(bytes.Clone(data), 0), false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := pipeline.ReadVersionFile(path); !errors.Is(err, pipeline.ErrVersionDamaged) || !strings.Contains(err.Error(), path) {
		t.Errorf("something stands behind it: %v", err)
	}
	if err := pipeline.WriteVersionFile(path, data, false); err == nil {
		t.Error("a file that was there is replaced")
	}
	if err := pipeline.WriteVersionFile(path, data, true); err != nil {
		t.Fatal(err)
	}
	if _, got, err := pipeline.ReadVersionFile(path); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes were written, %d read: %v", len(data), len(got), err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// sealed is a version with other bytes at a place, and the checksum that fits.
func sealed(data []byte, at int, with []byte) []byte {
	bad := bytes.Clone(data)
	copy(bad[at:], with)
	return binary.LittleEndian.AppendUint64(bad[:len(bad)-8], xxhash.Sum64(bad[:len(bad)-8]))
}

// zeros is an endless file.
type zeros struct{ read int }

func (z *zeros) Read(p []byte) (int, error) {
	clear(p)
	z.read += len(p)
	return len(p), nil
}

// Properties: each way in which a version can be wrong has an error that says
// so; what is no version, or says that it is huge, is refused before it is read.
func TestVersionErrorsSayWhatIsWrong(t *testing.T) {
	data := encoded(t, version(t, model.Default))
	huge := binary.LittleEndian.AppendUint64(nil, 1<<40)
	long := version(t, model.Default)
	long.Note = strings.Repeat("x", pipeline.VersionNoteMax+1)
	if _, err := long.Encode(); err == nil || !strings.Contains(err.Error(), "the limit is 1024") {
		t.Errorf("a note that is too long: %v", err)
	}
	modelName := bytes.Index(data, []byte(`"model":"`)) + len(`"model":"`)
	tests := map[string]struct {
		data []byte
		want string
	}{
		"empty":           {nil, "it ends within its first 32 bytes"},
		"text":            {[]byte("id,label\n1,sport\n2,weather\n3,sport and more"), "does not begin as a version does"},
		"newer":           {sealed(data, 8, []byte{2}), "format 2, this program reads 1; use the program that wrote it"},
		"cut off":         {data[:len(data)-1], "it was cut off"},
		"huge":            {sealed(data, 16, huge), "the limit of a version is"},
		"long head":       {sealed(data, 12, []byte{0, 0, 0, 1}), "out of range"},
		"other head":      {sealed(data, modelName, []byte("ftr")), "speaks of another model"},
		"no JSON":         {sealed(data, 32, []byte("!")), "its head cannot be read"},
		"model":           {sealed(data, bytes.Index(data, []byte("tidings\x01")), []byte("!")), "its model"},
		"df":              {sealed(data, bytes.Index(data, []byte("tidingDF")), []byte("!")), "its df"},
		"more behind":     {append(bytes.Clone(data), 'x'), "1 bytes are left over behind it"},
		"a changed byte":  {append(bytes.Clone(data[:len(data)-9]), append([]byte{data[len(data)-9] ^ 4}, data[len(data)-8:]...)...), "its checksum does not fit"},
		"unknown setting": {sealed(data, bytes.Index(data, []byte(`"note"`)), []byte(`"nota"`)), "a newer program may have written it"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := pipeline.DecodeVersion(tc.data); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
	endless := &zeros{}
	if _, err := pipeline.ReadVersion(endless); err == nil || endless.read > 1<<12 {
		t.Errorf("%d bytes of what is no version were read: %v", endless.read, err)
	}
}

// Properties: under features that do the same a version fits, under others the
// error names them.
func TestVersionFitsItsFeaturesOnly(t *testing.T) {
	tests := map[string]struct {
		version, pipeline features.Options
		want              string
	}{
		"equal":        {},
		"written out":  {version: features.Options{Tokenizer: "unicode", HashBits: 20, Stem: "en"}, pipeline: features.Options{Stem: "english"}},
		"other size":   {version: features.Options{HashBits: 18}, want: "hash_bits: the version has 18, the pipeline 20"},
		"other n-gram": {pipeline: features.Options{NGrams: features.NGrams{Min: 1, Max: 2}}, want: "ngrams"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			err := (&pipeline.VersionHead{Features: tc.version}).Fits(tc.pipeline)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// Properties, of any bytes behind a prefix and a checksum that fit: reading ends
// with a version or an error, and a version that is read can be saved and read.
func FuzzDecodeVersion(f *testing.F) {
	for _, name := range model.Names() {
		data := encoded(f, version(f, name))
		f.Add(data[:32], data[32:len(data)-8])
	}
	f.Fuzz(func(t *testing.T, prefix, body []byte) {
		data := append(bytes.Clone(prefix), body...)
		if _, err := pipeline.DecodeVersion(data); err == nil {
			t.Skip("a version by chance")
		}
		v, err := pipeline.DecodeVersion(binary.LittleEndian.AppendUint64(data, xxhash.Sum64(data)))
		if err != nil {
			return
		}
		again := encoded(t, v)
		w, err := pipeline.DecodeVersion(again)
		if err != nil || fmt.Sprint(w.VersionHead) != fmt.Sprint(v.VersionHead) || w.Model.Digest() != v.Model.Digest() || w.DF.Digest() != v.DF.Digest() {
			t.Errorf("read, saved and read: %v\n%+v\n%+v", err, v.VersionHead, w)
		}
	})
}
