package wikitext

import "strings"

// The ten headings of the portal since 2011.
const (
	labelConflicts = "Armed conflicts and attacks"
	labelArts      = "Arts and culture"
	labelBusiness  = "Business and economy"
	labelDisasters = "Disasters and accidents"
	labelHealth    = "Health and environment"
	labelRelations = "International relations"
	labelLaw       = "Law and crime"
	labelPolitics  = "Politics and elections"
	labelScience   = "Science and technology"
	labelSports    = "Sports"
)

// labels are the headings as they are, in small letters.
var labels = map[string]string{
	"armed conflicts and attacks": labelConflicts, "arts and culture": labelArts, "business and economy": labelBusiness,
	"disasters and accidents": labelDisasters, "health and environment": labelHealth, "international relations": labelRelations,
	"law and crime": labelLaw, "politics and elections": labelPolitics, "science and technology": labelScience, "sports": labelSports,
}

// words are those that tell a heading in the ways people wrote it.
var words = map[string]string{
	"armed": labelConflicts, "conflict": labelConflicts, "conflicts": labelConflicts, "attack": labelConflicts, "attacks": labelConflicts,
	"war": labelConflicts, "wars": labelConflicts, "terrorism": labelConflicts, "military": labelConflicts,
	"art": labelArts, "arts": labelArts, "culture": labelArts, "entertainment": labelArts, "media": labelArts, "religion": labelArts,
	"business": labelBusiness, "economy": labelBusiness, "economic": labelBusiness, "economics": labelBusiness, "finance": labelBusiness,
	"disaster": labelDisasters, "disasters": labelDisasters, "accident": labelDisasters, "accidents": labelDisasters,
	"health": labelHealth, "medicine": labelHealth, "environment": labelHealth, "climate": labelHealth,
	"international": labelRelations, "relations": labelRelations, "diplomacy": labelRelations,
	"law": labelLaw, "laws": labelLaw, "crime": labelLaw, "crimes": labelLaw, "justice": labelLaw,
	"politics": labelPolitics, "political": labelPolitics, "election": labelPolitics, "elections": labelPolitics, "government": labelPolitics,
	"science": labelScience, "sciences": labelScience, "technology": labelScience, "tech": labelScience, "space": labelScience,
	"sport": labelSports, "sports": labelSports, "sporting": labelSports,
}

// LabelOf returns which of the ten headings of the portal is meant: by its
// first word that belongs to one of them, for the headings have changed
// ("Disasters", "Attacks and conflicts", "Sport"). It is "" when no word does.
func LabelOf(heading string) string {
	const headingBytesMax = 200 // what is longer is a sentence
	if len(heading) > headingBytesMax {
		return ""
	}
	heading = strings.ToLower(heading)
	if label, found := labels[strings.TrimSpace(heading)]; found {
		return label
	}
	for word := range strings.FieldsFuncSeq(heading, func(c rune) bool { return c < 'a' || c > 'z' }) {
		if label, found := words[word]; found {
			return label
		}
	}
	return ""
}
