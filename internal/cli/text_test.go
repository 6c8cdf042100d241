package cli

import (
	"errors"
	"strings"
	"testing"

	"tidings/features"
)

// Properties: flags of text become options in their one form; a mistake is one
// of usage and says what can be written.
func TestTextFlagsBecomeOptions(t *testing.T) {
	tests := map[string]struct {
		flags   TextFlags
		want    features.Options
		wantErr string
	}{
		"defaults":     {flags: TextFlags{Tokenizer: "unicode", NGrams: "1-1", Stem: "off", StopWords: "off", Normalise: "nfc", HashBits: 20}, want: features.Options{Tokenizer: "unicode", HashBits: 20}},
		"nothing":      {},
		"all":          {flags: TextFlags{NGrams: "1-2", Stem: "de", StopWords: "auto", StripHTML: true, Normalise: "nfkc", Fold: []string{"numbers", " urls"}}, want: features.Options{NGrams: features.NGrams{Min: 1, Max: 2}, Stem: "german", StopWords: "auto", StripHTML: true, Normalise: "nfkc", FoldNumbers: true, FoldURLs: true}},
		"bad n-grams":  {flags: TextFlags{NGrams: "2-1"}, wantErr: "--ngrams: n-grams \"2-1\" are not MIN-MAX"},
		"bad fold":     {flags: TextFlags{Fold: []string{"dates"}}, wantErr: `--fold "dates" is not known; write numbers, urls`},
		"bad language": {flags: TextFlags{Stem: "klingon"}, want: features.Options{Stem: "klingon"}}, // the plan refuses it
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := test.flags.Features()
			if test.wantErr != "" {
				if usage := (*UsageError)(nil); !errors.As(err, &usage) || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("error %v, want one that says %q", err, test.wantErr)
				}
				return
			}
			if err != nil || got != test.want {
				t.Fatalf("%+v, %v; want %+v", got, err, test.want)
			}
		})
	}
	if _, err := (&ModelFlags{TextFlags: TextFlags{Stem: "klingon"}}).Plan(); !errors.As(err, new(*UsageError)) {
		t.Errorf("an unknown language gives %v", err)
	}
}
