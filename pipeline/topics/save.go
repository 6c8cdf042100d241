package topics

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
)

// The saved form: magic, a byte of version, the payload's length (8 bytes),
// the payload, its CRC-32C (4 bytes), all little-endian. The payload is
// varints, with strings behind their length, and begins with the plan it
// belongs to.
const (
	saveMagic   = "TDWN"
	saveVersion = 3 // 2 has no watermark by source, no windows by key and does not tell of late documents
	saveOldest  = 2
	headerBytes = len(saveMagic) + 1 + 8
	planMax     = 4 << 10 // WindowsMax definitions and a few numbers
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// plan is what must be equal where a state is saved and where it is loaded.
type plan struct {
	Options    Options `json:"options"`
	Partition  int     `json:"partition"`
	Partitions int     `json:"partitions"`
}

func (s *State) plan() ([]byte, error) {
	return json.Marshal(plan{Options: s.options, Partition: s.partition, Partitions: s.partitions})
}

// Save writes the state so that Load can go on with it. Equal states are
// saved as equal bytes.
func (s *State) Save(w io.Writer) error {
	plan, err := s.plan()
	if err != nil {
		return fmt.Errorf("save topic windows: %w", err)
	}
	b := append([]byte(saveMagic), saveVersion)
	b = append(b, make([]byte, 8)...) // the length, once it is known
	b = appendText(b, string(plan))
	b = binary.AppendUvarint(b, s.seen)
	b = binary.AppendVarint(b, s.newest)
	complete, err := s.complete.AppendBinary(nil)
	if err != nil {
		return fmt.Errorf("save topic windows: %w", err)
	}
	b = appendText(b, string(complete))
	for i := range s.tracks {
		b = s.appendTrack(b, &s.tracks[i])
	}
	b = s.appendRest(b)
	payload := b[headerBytes:]
	binary.LittleEndian.PutUint64(b[headerBytes-8:], uint64(len(payload)))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(payload, castagnoli))
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("save topic windows: %w", err)
	}
	return nil
}

func (s *State) restoreRest(d *decoder) {
	for i := range s.tracks {
		t := &s.tracks[i]
		t.counts.Listed = d.upTo(t.counts.Late)
		t.counts.Pooled = d.upTo(t.counts.Windowed)
		t.begun = int64(d.upTo(s.seen))
	}
	s.late.block = d.upTo(s.seen / lateBlock)
	s.late.bytes = int(d.upTo(LateBytesMax + 1))
}

func (s *State) appendTrack(b []byte, t *track) []byte {
	for _, n := range []uint64{t.counts.Windowed, t.counts.Late, t.counts.Untimed, t.counts.Dropped, t.counts.Future, t.counts.Forced} {
		b = binary.AppendUvarint(b, n)
	}
	b = binary.AppendVarint(b, t.done)
	if t.keys != nil {
		b = binary.AppendUvarint(b, uint64(len(t.series)))
	}
	for _, sr := range t.series {
		if t.keys != nil {
			b = appendText(b, sr.key)
			b = binary.AppendUvarint(b, sr.heard)
		}
		if s.options.PopularUntil > 0 {
			b = sr.before.append(b)
		}
		b = binary.AppendUvarint(b, uint64(len(sr.open)))
		for _, w := range sr.open {
			b = w.append(b)
			if s.options.Reads() && w.owned {
				b = w.contents.append(b)
			}
		}
	}
	return b
}

func (p *past) append(b []byte) []byte {
	if !p.known {
		return append(b, 0)
	}
	b = append(b, 1)
	b = binary.AppendVarint(b, p.number)
	b = binary.AppendUvarint(b, uint64(len(p.labels)))
	for _, label := range p.labels {
		b = appendText(b, label)
	}
	return b
}

func (w *window) append(b []byte) []byte {
	b = binary.AppendVarint(b, w.number)
	b = binary.AppendVarint(b, w.last)
	for _, n := range []uint64{w.first, w.documents, w.results, w.told} {
		b = binary.AppendUvarint(b, n)
	}
	b = binary.AppendUvarint(b, uint64(len(w.tallies)))
	for _, tally := range w.tallies {
		b = appendText(b, tally.label)
		b = binary.AppendUvarint(b, tally.documents)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// appendRest adds what version 2 has not.
func (s *State) appendRest(b []byte) []byte {
	for i := range s.tracks {
		c := &s.tracks[i].counts
		b = binary.AppendUvarint(b, c.Listed)
		b = binary.AppendUvarint(b, c.Pooled)
		b = binary.AppendUvarint(b, uint64(s.tracks[i].begun))
	}
	b = binary.AppendUvarint(b, s.late.block)
	return binary.AppendUvarint(b, uint64(s.late.bytes))
}
