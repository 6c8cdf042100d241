package sample

func crime() topic {
	return topic{
		name:   "crime",
		course: course{weight: 85, swing: 300, period: 44, phase: 36},
		near:   []string{"politics", "economy", "technology", "travel", "culture", "sport"},
		actors: []string{
			"detective", "judge", "prosecutor", "lawyer", "police officer", "witness", "night watchman", "jeweller",
			"customs officer", "court clerk", "defence lawyer", "prison guard", "inspector", "shopkeeper",
		},
		things: []string{
			"trial", "robbery", "verdict", "arrest", "investigation", "theft", "sentence", "burglary", "fraud case",
			"confession", "fine", "warrant", "appeal", "alibi", "charge", "raid", "fingerprint", "search",
			"indictment", "forgery", "ransom note", "hearing", "crime scene", "hideout", "clue", "plea", "break-in",
			"blackmail case", "getaway", "cross-examination", "kidnapping", "pardon", "counterfeit banknote",
		},
		plurals: []string{
			"suspects", "officers", "witnesses", "thieves", "charges", "jurors", "stolen cars", "lawyers", "victims",
			"inmates", "paintings", "fingerprints", "smugglers", "banknotes", "detectives", "gang members", "jewels",
			"burglars",
		},
		adjectives: []string{
			"unsolved", "lengthy", "alleged", "disputed", "recent", "high-profile", "mysterious", "spectacular",
			"first", "failed", "important", "similar", "forged", "doubtful",
		},
		orgs: []string{
			"the {town} Police Department", "{town} District Court", "the {coin} prosecutor's office", "the {town} Court of Appeal",
			"{coin} Prison", "the {coin} Customs Office",
		},
		deeds: []string{
			"told the court about the {adj} {thing}", "was questioned about {a adj} {thing}",
			"denied any part in the {adj} {thing}", "recognised one of the suspects",
			"asked the court to look again at the {adj} {thing}", "spoke for the first time about the {thing}",
			"handed {few} stolen paintings to the police", "watched {few} thieves flee in a grey van",
			"found banknotes worth {money} in a cellar", "described {few} suspects to the court",
			"warned of {a adj} {thing}", "was threatened before the {adj} {thing}", "gave evidence for {few} hours",
			"had to explain {a adj} {thing} to the jury",
		},
		facts: []string{
			"The police found {few} fingerprints on the window.",
			"The defendant has {few} weeks to appeal.",
			"{few} suspects were arrested near {place2}.",
			"The prosecutor asked for a sentence of {few} years.",
			"The thieves took {money} and fled in a grey van.",
			"The {thing} is one of {tens} under investigation.",
			"Witnesses heard {few} shots shortly after midnight.",
			"The court in {place2} will hear the {adj} case on {soon}.",
			"{speaker,} said the suspects had acted as a gang.",
			"Some of the loot turned up in a pawnshop in {place2}.",
			"The judge spoke of {a adj} {thing}.",
			"Detectives searched {few} flats and a garage.",
			"The jury took {few} hours to reach a verdict.",
			"A reward of {thousands} crowns has been offered.",
		},
		quotes: []string{
			"We are following several leads", "My client is innocent", "The evidence is clear",
			"Nobody expected {a thing} in this street", "He opened the safe in under a minute", "The {thing} was planned for months",
		},
		headlines: []string{
			"Police arrest {few} after {thing} in {place}", "{few} years in prison for {place} gang",
			"{surname} denies part in {thing}", "{adj} {thing} keeps police busy", "Thieves caught after {thing} in {place}",
			"Court hears {actor} in {adj} case", "Police look for witnesses after {adj} {thing}", "{surname} cleared of charges",
		},
		events: []event{
			{name: "the {place} museum robbery", turns: []string{
				"The thieves behind {event} cut through {few} doors, detectives said.",
				"{org} released pictures of a van seen shortly before {event}.",
				"A guard is being questioned about {event}.",
				"One of the paintings taken in {event} was found under a bridge.",
			}},
			{name: "the {coin} trial", turns: []string{
				"{few} witnesses spoke on the opening day of {event}.",
				"{event} was adjourned after a juror fell ill.",
				"The defence in {event} demanded a new judge.",
				"Hundreds waited outside the court for the verdict in {event}.",
			}},
		},
	}
}
