package model_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"

	"tidings/model"
	"tidings/model/modeltest"
)

func TestEveryModelKeepsTheContract(t *testing.T) {
	for _, name := range model.Names() {
		t.Run(name, func(t *testing.T) {
			modeltest.Run(t, func(tb testing.TB, o model.Options) model.Model {
				m, err := model.New(name, o)
				if err != nil {
					tb.Fatal(err)
				}
				if m.Name() != name {
					tb.Fatalf("%s calls itself %s", name, m.Name())
				}
				return m
			})
		})
	}
}

func TestBestIsTheHighestAndOfEqualsTheFirstByName(t *testing.T) {
	nan := math.NaN()
	for name, test := range map[string]struct {
		labels []string
		scores []float64
		want   int
	}{
		"none":                 {nil, nil, -1},
		"more than labels":     {[]string{"a", "b"}, []float64{1, 2, 3, 4}, 1},
		"one":                  {[]string{"a"}, []float64{-5}, 0},
		"highest":              {[]string{"a", "b", "c"}, []float64{1, 3, 2}, 1},
		"tie":                  {[]string{"c", "a", "b"}, []float64{1, 1, 1}, 1},
		"tie at the top only":  {[]string{"a", "c", "b"}, []float64{0, 1, 1}, 2},
		"a NaN is never best":  {[]string{"a", "b"}, []float64{nan, -1}, 1},
		"nor are only NaNs":    {[]string{"a", "b"}, []float64{nan, nan}, -1},
		"minus infinity may":   {[]string{"a", "b"}, []float64{nan, math.Inf(-1)}, 1},
		"zeros of either sign": {[]string{"b", "a"}, []float64{0, math.Copysign(0, -1)}, 1},
	} {
		if got := model.Best(test.labels, test.scores); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestNewNamesTheNearestModel(t *testing.T) {
	for _, test := range [][2]string{{"arwo", "arow"}, {"FTLR", "ftrl"}, {"ftrl-proximal", "ftrl"}, {"ar", "arow"}} {
		_, err := model.New(test[0], model.Options{})
		if err == nil || !strings.Contains(err.Error(), `did you mean "`+test[1]+`"?`) {
			t.Errorf("%q gave %v", test[0], err)
		}
	}
	for _, name := range []string{"forest", strings.Repeat("x", 10_000)} {
		if _, err := model.New(name, model.Options{}); err == nil || strings.Contains(err.Error(), "did you mean") || !strings.Contains(err.Error(), "there are arow, cnb, ftrl") {
			t.Errorf("%.20q gave %.200v", name, err)
		}
	}
	m, err := model.New("", model.Options{})
	if err != nil || m.Name() != model.Default {
		t.Errorf("the default model is %v, %v", m, err)
	}
}

func TestOptionsCheckTellsAllProblems(t *testing.T) {
	_, err := model.New("arow", model.Options{CellsMax: -1, R: math.NaN(), Rate: math.Inf(1), Damping: -1, L1: -1, L2: -2, Smoothing: -1})
	if err == nil {
		t.Fatal("impossible options are taken")
	}
	for _, name := range []string{"cells_max", "r ", "rate", "damping", "l1", "l2", "smoothing"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q says nothing of %s", err, name)
		}
	}
}

func TestLoadKeepsTheOptions(t *testing.T) {
	for _, name := range model.Names() {
		o := model.Options{CellsMax: 100, R: 3, Rate: 0.3, Damping: 2, L1: 0.01, L2: 0.02}
		m, err := model.New(name, o)
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := m.Save(&file); err != nil {
			t.Fatal(err)
		}
		loaded, err := model.Load(&file)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range modeltest.Stream(1, 300, 4) {
			if m.Learn(e.X, e.Label, nil) != nil || loaded.Learn(e.X, e.Label, nil) != nil {
				t.Fatal("refused")
			}
		}
		if m.Digest() != loaded.Digest() {
			t.Errorf("%s learns under other options when loaded", name)
		}
	}
}

// FuzzLoad gives Load any bytes, as they are and with lengths and checksum made
// right, so that the payload is really read. What loads must save and load again
// to the same digest, and predict finite scores.
func FuzzLoad(f *testing.F) {
	for _, name := range model.Names() {
		m, err := model.New(name, model.Options{})
		if err != nil {
			f.Fatal(err)
		}
		for i, e := range modeltest.Stream(1, 6, 3) {
			if i%3 == 0 {
				var file bytes.Buffer
				if err := m.Save(&file); err != nil {
					f.Fatal(err)
				}
				f.Add(file.Bytes())
			}
			if err := m.Learn(e.X, e.Label, nil); err != nil {
				f.Fatal(err)
			}
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		tryLoad(t, file)
		const prefix = 24
		if len(file) < prefix+8 {
			return
		}
		file = bytes.Clone(file)
		head := int(binary.LittleEndian.Uint32(file[12:])) % (len(file) - prefix - 8 + 1)
		binary.LittleEndian.PutUint32(file[12:], uint32(head))
		binary.LittleEndian.PutUint64(file[16:], uint64(len(file)-prefix-8-head))
		binary.LittleEndian.PutUint64(file[len(file)-8:], xxhash.Sum64(file[:len(file)-8]))
		tryLoad(t, file)
	})
}

func tryLoad(t *testing.T, file []byte) {
	m, err := model.Load(bytes.NewReader(file))
	if err != nil {
		return
	}
	var again bytes.Buffer
	if err := m.Save(&again); err != nil {
		t.Fatal(err)
	}
	second, err := model.Load(&again)
	if err != nil || second.Digest() != m.Digest() {
		t.Fatalf("saved and loaded again: %v", err)
	}
	for _, e := range modeltest.Stream(1, 3, 3) {
		scores := m.Predict(e.X, nil)
		for _, s := range append(scores, m.Probabilities(scores, nil)...) {
			if math.IsNaN(s) || math.IsInf(s, 0) {
				t.Fatalf("scores %v", scores)
			}
		}
	}
}
