package sample

func sport() topic {
	return topic{
		name:   "sport",
		course: course{weight: 130, swing: 250, period: 48, phase: 10, weekend: 1700},
		near:   []string{"health", "culture", "economy", "politics", "weather", "travel"},
		actors: []string{
			"striker", "goalkeeper", "coach", "captain", "sprinter", "defender", "referee", "swimmer",
			"midfielder", "cyclist", "champion", "rower", "boxer", "skier", "fencer", "gymnast",
		},
		things: []string{
			"match", "final", "season", "league", "cup", "race", "title", "transfer", "contract", "defeat",
			"tournament", "victory", "injury", "semi-final", "qualifier", "training camp", "relay", "marathon",
			"playoff", "comeback", "draw", "derby", "trophy", "quarter-final", "regatta", "knockout round",
			"penalty shoot-out", "sprint", "medal", "away game", "time trial", "home game", "cup tie", "championship",
		},
		plurals: []string{
			"fans", "players", "spectators", "points", "clubs", "goals", "supporters", "athletes", "tickets",
			"matches", "medals", "runners", "rivals", "teammates", "laps", "sets", "substitutes", "oarsmen",
		},
		adjectives: []string{
			"decisive", "friendly", "regional", "first", "late", "national", "opening", "important", "thrilling",
			"disappointing", "rescheduled", "dramatic", "long-awaited", "similar",
		},
		orgs: []string{
			"{coin} Rovers", "{town} United", "{coin} Athletic", "{town} Wanderers", "the {coin} League",
			"{coin} Rowing Club", "{town} Cycling", "the {town} Sports Federation",
		},
		deeds: []string{
			"won the race by {few} seconds", "missed the {thing} with a knee injury",
			"signed a contract for {few} seasons", "set a national record", "took the bronze medal",
			"announced the end of a long career", "returned to training after {few} months",
			"beat {few} rivals in the {adj} {thing}", "lost the {adj} {thing} in the last minute",
			"was dropped from the squad for the {thing}", "apologised to the fans after the {adj} {thing}",
			"celebrated {a adj} {thing}", "thanked the supporters for a great season",
			"trained {few} hours a day for the {thing}", "was booed after {a adj} {thing}",
		},
		facts: []string{
			"{org} beat {place2} {score} in front of {thousands} spectators.",
			"The visitors led at half time but lost {score}.",
			"It was the club's {few} hundredth victory in the league.",
			"The match was stopped for {few} minutes when supporters ran onto the pitch.",
			"That puts {org} {few} points ahead of {place2} in the table.",
			"The fastest lap was {few} seconds under the old record.",
			"Tickets for the {thing} on {soon} are sold out.",
			"The {actor} will miss the next {few} matches.",
			"{speaker,} said the team had trained twice a day before the {thing}.",
			"The referee showed {few} yellow cards and one red.",
			"The match against {place2} was decided on penalties.",
			"{org} paid {money} for the {actor}.",
			"With {few} rounds to go, the title race is open.",
			"The crowd in the stadium sang until long after the final whistle.",
		},
		quotes: []string{
			"We played well but did not take our chances", "The boys gave everything until the last minute",
			"{a thing} like this is why we train", "We never gave up after the first goal",
			"I am proud of the whole team", "We will be ready for the next {thing}",
		},
		headlines: []string{
			"{adj} win for {org}", "Defeat for {org}: {score} at home", "{surname} out for {few} weeks after injury",
			"New {actor} for {org}", "Late goal decides match in {place}", "{actor} from {place} takes gold",
			"{org} through to the final", "{surname} to coach {org}", "Fans of {org} celebrate",
		},
		events: []event{
			{name: "the {place} Cup final", turns: []string{
				"{org} reached {event} with a {score} win over {place2}.",
				"Tickets for {event} changed hands for {hundreds} crowns on {today}.",
				"About {thousands} supporters are travelling to {event}, the police said.",
				"The coach named an unchanged team for {event}.",
				"{event} was decided by a goal in the last minute of extra time.",
			}},
			{name: "the {coin} Games", turns: []string{
				"{few} national records fell on the first day of {event}.",
				"{person}, {a actor}, took the second gold medal of {event} on {today}.",
				"The relay at {event} had to be run again after a protest.",
				"{place} celebrated its athletes at {event} late into the night.",
			}},
		},
	}
}
