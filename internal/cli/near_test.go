package cli

import "testing"

// Properties: the name that was meant is found with a letter wrong, left out,
// added or swapped, or with its beginning alone; nothing is made up.
func TestNearestIsWhatWasMeant(t *testing.T) {
	names := []string{"store", "state", "doctor", "json", "window"}
	for word, want := range map[string]string{
		"stroe": "store", "stare": "store", "dctor": "doctor", "doctorr": "doctor", "win": "window", "jsn": "json",
		"x": "", "": "", "xyz": "", "completely": "", "st": "store",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("nearest(%q) is %q, want %q", word, got, want)
		}
	}
}
