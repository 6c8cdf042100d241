package pipeline

import (
	"encoding/json"
	"fmt"

	"tidings"
)

// control is the body of a control record. One without a kind says that its
// source has ended.
type control struct {
	Kind string `json:"kind"`
	Promotion
}

// The kinds of control records that have one.
const (
	promoteKind = "promote"
	idleKind    = "idle"
	barrierKind = "barrier"
)

// EndMark and IdleMark are the bodies of the control records that say of a
// source that it has ended, and that nothing comes from it at the moment.
const (
	EndMark  = `{"end":true}`
	IdleMark = `{"kind":"idle"}`
)

// IsEnd says whether a control record's body tells of the end of its source.
func IsEnd(data []byte) bool {
	c, err := parseControl(data)
	return err == nil && c.Kind == ""
}

// IsIdle says whether it tells that its source is idle.
func IsIdle(data []byte) bool {
	c, err := parseControl(data)
	return err == nil && c.Kind == idleKind
}

// parseControl reads a control record's body. Programs of before wrote
// {"end":true} or nothing.
func parseControl(data []byte) (c control, err error) {
	var head struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return control{}, nil
	}
	switch head.Kind {
	case "", idleKind, barrierKind:
		return control{Kind: head.Kind}, nil
	case promoteKind:
		if err := json.Unmarshal(data, &c); err != nil || c.Number == 0 || len(c.Digest) != len(VersionDigest(nil)) {
			return c, tidings.Refuse(ReasonBadPromotion, "a promotion that does not say which version, by its number and digest")
		}
		return c, nil
	}
	return c, tidings.Refuse(ReasonUnknownRecord, fmt.Sprintf("a control record of the unknown kind %q", clip(head.Kind, rejectReasonBytes)))
}

// controlEntry is the entry of a control record. What a promotion promotes has
// been judged before.
func controlEntry(m *message) Entry {
	e := Entry{Position: tidings.Position{Sequence: m.sequence}, Kind: EndEntry, Source: m.source, Time: noTime, Logged: m.stored}
	c, err := parseControl(m.data)
	switch {
	case err == nil && c.Kind == "":
		return e
	case err == nil && c.Kind == idleKind:
		e.Kind = IdleEntry
		return e
	case err == nil && c.Kind == barrierKind:
		barrierEntry(&e, m.data)
		return e
	case err == nil && m.refused != nil:
		err = m.refused
	}
	if err != nil {
		refuse(&e, m.data, err)
		return e
	}
	e.Kind, e.Promotion = PromoteEntry, &c.Promotion
	e.Promotion.version = m.version
	return e
}
