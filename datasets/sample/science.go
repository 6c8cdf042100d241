package sample

func science() topic {
	return topic{
		name:   "science",
		course: course{weight: 75, swing: 300, period: 42, phase: 25},
		near:   []string{"health", "technology", "animals", "weather", "space", "culture"},
		actors: []string{
			"physicist", "chemist", "geologist", "biologist", "researcher", "professor", "mathematician",
			"archaeologist", "oceanographer", "laboratory head", "botanist", "doctoral student", "geneticist", "statistician",
		},
		things: []string{
			"study", "experiment", "theory", "discovery", "laboratory", "measurement", "fossil", "microscope",
			"hypothesis", "molecule", "sample", "journal", "particle", "crystal", "expedition", "reaction",
			"gene", "excavation", "enzyme", "equation", "magnet", "detector", "skeleton", "protein", "glacier core",
			"sediment layer", "catalyst", "isotope", "peer review", "field trip", "data set", "mineral", "spectrum",
		},
		plurals: []string{
			"researchers", "scientists", "cells", "samples", "results", "experiments", "findings", "atoms",
			"measurements", "fossils", "volunteers", "bacteria", "proteins", "volcanoes", "colleagues", "microbes",
			"electrons", "universities",
		},
		adjectives: []string{
			"unexpected", "careful", "early", "controversial", "peer-reviewed", "surprising", "molecular", "new",
			"chemical", "large", "important", "long-term", "tiny", "first",
		},
		orgs: []string{
			"the University of {town}", "the {coin} Institute", "the {town} Academy of Sciences",
			"the {coin} Laboratory", "{town} Technical University", "the {coin} Research Council",
		},
		deeds: []string{
			"published {a adj} {thing}", "described {a adj} {thing} in a journal",
			"repeated the experiment {few} times", "found traces of an unknown {thing}",
			"dated the {thing} to {thousands} years ago", "received a grant of {money} for {a thing}",
			"withdrew a disputed paper", "measured the {thing} more precisely than ever before",
			"presented the results of {a adj} {thing}", "confirmed a theory that is {tens} years old",
			"questioned the method behind {a adj} {thing}", "analysed {hundreds} samples from the sea floor",
			"won a prize for {a adj} {thing}",
		},
		facts: []string{
			"The results were published in a journal of {org}.",
			"The team examined {hundreds} samples over {few} years.",
			"Other laboratories have not yet been able to repeat the {thing}.",
			"The {thing} is thought to be {thousands} years old.",
			"The researchers compared {few} groups of {hundreds} volunteers.",
			"The effect was seen in {percent} of the {plural}.",
			"{speaker,} said the {thing} contradicted the textbooks.",
			"The expedition drilled {hundreds} metres into the ice.",
			"The {adj} {thing} had taken up half of the laboratory's budget.",
			"Scientists in {place2} had predicted the {thing} {tens} years ago.",
			"Under the microscope, the {plural} formed regular patterns.",
			"The study was paid for by {org}.",
			"A control group showed no such effect.",
		},
		quotes: []string{
			"The data surprised all of us", "We checked the measurement again and again",
			"This {thing} raises more questions than it answers", "One study alone proves little",
			"We still do not understand the {thing}", "It is a small step, but a solid one",
		},
		headlines: []string{
			"Researchers in {place} publish {adj} {thing}", "{adj} {thing} puzzles scientists",
			"New study sheds light on {plural}", "{thing} found near {place} is {thousands} years old",
			"{surname} wins prize for work on {plural}", "{org} reports {adj} {thing}", "Study casts doubt on {thing}",
		},
		events: []event{
			{name: "the {place} fossil", turns: []string{
				"Geologists have freed another {few} metres of {event} from the rock.",
				"{event} belongs to a species nobody has described before, {org} said.",
				"Museums from {few} countries have asked to show {event}.",
				"A new dating makes {event} {thousands} years older than first thought.",
			}},
			{name: "the {coin} experiment", turns: []string{
				"{few} laboratories repeated {event} and found the same effect.",
				"Physicists argued about {event} at a meeting in {place} on {today}.",
				"{org} released the raw measurements of {event}.",
				"{person}, {a actor}, called {event} the most careful work in {tens} years.",
			}},
		},
	}
}
