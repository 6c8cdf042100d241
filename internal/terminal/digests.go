package terminal

// digestColumnsMax bounds a digest.
const digestColumnsMax = 32

// digests stand in small print at the end: runs that agree to the bit have
// the same ones.
func (p *page) digests(r Report) {
	s := r.Summary
	var parts []line
	for _, d := range []struct {
		name  text
		value string
	}{{"predictions", s.PredictionsDigest}, {"df", s.DFDigest}, {"model", s.ModelDigest}} {
		if d.value != "" {
			parts = append(parts, line{}.add(dim, d.name+" "+visible(d.value).cut(digestColumnsMax)))
		}
	}
	if len(parts) > 0 {
		p.gap()
		p.list("digests", parts...)
	}
}
