package terminal

// digestColumnsMax bounds a digest.
const digestColumnsMax = 32

// digests stand in small print at the end: runs that agree to the bit have
// the same ones.
func (p *page) digests(r Report) {
	s := r.Summary
	var t text
	for _, d := range []struct {
		name  text
		value string
	}{{"predictions", s.PredictionsDigest}, {"df", s.DFDigest}, {"model", s.ModelDigest}} {
		if d.value == "" {
			continue
		}
		if t != "" {
			t += " · "
		}
		t += d.name + " " + visible(d.value).cut(digestColumnsMax)
	}
	if t == "" {
		return
	}
	p.gap()
	p.say(dim, 2, "digests  "+t)
}
