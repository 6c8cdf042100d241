package sample

func politics() topic {
	return topic{
		name:   "politics",
		course: course{weight: 120, swing: 300, period: 60, phase: 5, weekend: 550},
		near:   []string{"economy", "crime", "health", "travel", "technology", "culture"},
		actors: []string{
			"minister", "mayor", "senator", "opposition leader", "party chair", "ambassador", "governor", "deputy",
			"candidate", "president", "government spokesman", "chancellor", "diplomat", "councillor",
		},
		things: []string{
			"election", "parliament", "law", "vote", "coalition", "government", "campaign", "reform", "treaty",
			"cabinet", "resignation", "bill", "debate", "party congress", "referendum", "motion", "committee",
			"border dispute", "summit", "decree", "budget debate", "constitution", "ministry", "ballot", "speech",
			"amendment", "embassy", "state visit", "sanction", "veto", "protest march", "petition", "poll",
		},
		plurals: []string{
			"voters", "ministers", "members of parliament", "parties", "protesters", "votes", "laws", "senators",
			"citizens", "seats", "delegates", "talks", "diplomats", "ballots", "demonstrators", "allies", "rebels",
		},
		adjectives: []string{
			"constitutional", "controversial", "early", "parliamentary", "secret", "first", "new", "historic", "hasty",
			"important", "municipal", "disputed", "cross-party", "planned",
		},
		orgs: []string{
			"the {town} city council", "the {coin} Party", "the {town} government", "the {coin} Alliance",
			"the Ministry of {town} Affairs", "the {coin} Commission", "the Union of {town}",
		},
		deeds: []string{
			"resigned after {a adj} {thing}", "promised {a adj} {thing} before the summer",
			"rejected the {adj} {thing}", "lost {a adj} vote by {few} seats", "called for {a adj} {thing}",
			"defended the {adj} {thing} in parliament", "met {few} ambassadors behind closed doors",
			"signed {a adj} {thing}", "accused the opposition of blocking the {thing}", "left the coalition",
			"was elected with {tens} votes more than needed", "postponed the {adj} {thing}", "dissolved the committee",
		},
		facts: []string{
			"Parliament passed the {thing} by {hundreds} votes to {tens}.",
			"The opposition wants {a adj} {thing}.",
			"The coalition has a majority of {few} seats.",
			"Voters in {place2} go to the polls on {soon}.",
			"The {thing} must still be approved by the senate.",
			"About {thousands} protesters marched to the town hall.",
			"A poll puts the party at {percent}.",
			"{speaker,} said the {thing} had no majority.",
			"The cabinet meets again on {soon}.",
			"The {adj} {thing} would change {tens} laws.",
			"Talks with the government of {place2} were broken off.",
			"The minister has {few} days to answer the committee.",
			"Both parties claimed victory in the debate.",
		},
		quotes: []string{
			"The people have spoken", "This {thing} is a step back for the country", "We will not support the {thing}",
			"The government has lost its majority", "We are open to talks with every party", "There is no plan for {a thing}",
		},
		headlines: []string{
			"{surname} calls for {adj} {thing}", "Parliament rejects {thing}", "{org} split over {adj} {thing}",
			"{actor} from {place} resigns", "Government wins {adj} vote", "Thousands protest against {thing}",
			"{surname} promises {thing}", "Opposition demands {adj} {thing}",
		},
		events: []event{
			{name: "the {place} coalition crisis", turns: []string{
				"{few} ministers resigned in {event} on {today}.",
				"The president met party leaders to end {event}.",
				"{event} may lead to an early election, diplomats said.",
				"Protesters outside parliament demanded an end to {event}.",
			}},
			{name: "the {coin} treaty", turns: []string{
				"Delegates argued over the last article of {event} until dawn.",
				"{few} governments signed {event} on {today}.",
				"The opposition called {event} a surrender.",
				"Parliament will vote on {event} on {soon}.",
			}},
		},
	}
}
