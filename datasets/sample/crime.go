package sample

func crime() topic {
	return topic{
		name:   "crime",
		course: course{weight: 85, swing: 300, period: 44, phase: 36},
		near:   []string{"politics", "economy", "technology", "travel", "culture", "sport"},
		actors: []string{
			"detective", "judge", "prosecutor", "lawyer", "police officer", "witness", "burglar", "defendant",
			"customs officer", "smuggler", "forger", "prison guard", "inspector", "shopkeeper",
		},
		things: []string{
			"trial", "robbery", "verdict", "arrest", "investigation", "theft", "court", "sentence", "burglary",
			"fraud case", "confession", "fine", "warrant", "police station", "safe", "appeal", "alibi", "getaway car",
			"jury", "fingerprint", "search", "raid", "prison", "cell", "charge", "indictment", "forgery", "ransom note",
			"hearing", "crime scene", "hideout", "clue", "plea",
		},
		plurals: []string{
			"suspects", "officers", "witnesses", "thieves", "charges", "jurors", "stolen goods", "lawyers",
			"victims", "inmates", "paintings", "fingerprints", "smugglers", "banknotes", "detectives", "gang members", "jewels",
		},
		adjectives: []string{
			"armed", "unsolved", "lengthy", "criminal", "alleged", "suspended", "violent", "organised", "daring",
			"nightly", "botched", "forensic", "sealed", "high-profile",
		},
		orgs: []string{
			"the {town} Police Department", "{town} District Court", "the {coin} prosecutor's office", "the {town} Court of Appeal",
			"{coin} Prison", "the {coin} Customs Office",
		},
		deeds: []string{
			"told the court about the {adj} {thing}", "was questioned about {a adj} {thing}",
			"was sentenced to {few} years in prison", "denied any part in the {thing}",
			"stole jewels worth {money}", "recognised one of the suspects", "hid banknotes in a cellar for {few} years",
			"asked the court to reopen the {adj} {thing}", "arrested {few} suspects after {a thing}",
			"escaped through a window of the police station", "admitted to {a adj} {thing}",
			"seized {hundreds} cartons of smuggled cigarettes", "was cleared of all charges",
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
			"{speaker,} said the {plural} had acted as a gang.",
			"Some of the {plural} turned up in a pawnshop in {place2}.",
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
			"Police arrest {few} after {thing} in {place}", "{few} years in prison for {place} {actor}",
			"{surname} denies part in {thing}", "{adj} {thing} keeps police busy", "Thieves steal {plural} in {place}",
			"Court hears {actor} in {adj} case", "Police look for {plural} after {adj} {thing}", "{surname} cleared of charges",
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
