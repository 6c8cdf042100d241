package sample

// frames are the sentences that all topics share. Words in braces are filled
// in; template.go lists them.
type frames struct {
	leads     []string // first sentences
	follows   []string // later ones, with words of the topic
	fillers   []string // later ones, without
	bridges   []string // from one topic of a mixed article to the other
	headlines []string
	updates   []string // about a story, whatever it is
	kinds     []string // adjectives for people
	stories   []string // headlines of stories
	role      string   // of a person, after the name
}

func sharedFrames() frames {
	return frames{
		leads: []string{
			"{a actor} {deed} in {place} on {today}.",
			"The {actor} {deed}, {org} said on {today}.",
			"{person}, {a actor} from {place}, {deed} on {today}.",
			"{a kind} {actor} {deed}, {org} said.",
			"In {place}, {a kind} {actor} {deed} late on {yesterday}.",
			"{person}, {a kind} {actor}, {deed}, {few} days after {a adj} {thing} in {place}.",
			"{a adj} {thing} drew attention in {place} on {today} after {a actor} {deed}.",
			"After {few} weeks of waiting, {a actor} from {place2} {deed} on {today}.",
			"{org} confirmed on {today} that {a kind} {actor} {deed}.",
			"Early on {today}, {a actor} {deed} near {place}.",
		},
		follows: []string{
			"\"{quote},\" said {speaker}.",
			"\"{quote},\" {org} quoted {a kind} {actor} as saying.",
			"{speaker,} said the {thing} would be discussed on {soon}.",
			"More than {hundreds} {plural} were involved, {tens} more than last year.",
			"It was the {nth} {thing} in {place} within {few} months.",
			"The {adj} {thing} had been expected since {yesterday}.",
			"{org} announced {a adj} {thing} in {place2} for the end of the year.",
			"A second {thing} is planned for {soon}.",
			"{speaker,} called it {a adj} {thing}.",
			"Last year there were {hundreds} {plural} in {place} and {place2} together.",
			"Some {plural} had come from {place2}.",
			"The number of {plural} has grown by {percent} since last year.",
			"{witness,} who saw the {thing}, spoke of great relief.",
			"For many {plural}, the {thing} came as a surprise.",
			"There was no word on the {thing} that {org} had promised.",
			"{org} put the cost of the {thing} at {money}.",
			"Neither the {actor} nor the {plural} were named.",
			"Questions about the {adj} {thing} remained open.",
		},
		fillers: []string{
			"No further details were given.",
			"A decision is expected on {soon}.",
			"{org} did not answer questions on {today}.",
			"The news spread quickly in {place}.",
			"{speaker,} declined to comment.",
			"It was not clear how long that would last.",
			"Similar reports came from {place2}.",
			"\"It is too early to say more,\" said {speaker}.",
			"{speaker,} had said as much {few} days before.",
			"Local people had known about it for some time.",
			"A full report will be made public next month.",
			"Nobody was hurt.",
			"About {hundreds} people had gathered in {place} by noon.",
			"The matter first became known on {yesterday}.",
			"Costs were put at {money}.",
			"\"We will learn from this,\" said {speaker}.",
			"{witness,} a neighbour, said it had been a long day.",
			"A spokeswoman said more would be known by {soon}.",
			"Something like it happened in {place2} {tens} years ago.",
			"The work is to take {few} months.",
			"That is {percent} more than a year ago.",
			"Not everyone in {place} was happy about it.",
			"Until then, everything stays as it is.",
			"The mood was calm.",
		},
		bridges: []string{
			"The news also touches {a adj} {thing}.",
			"At the same time, {a actor} {deed}.",
			"That has to do with {a adj} {thing} in {place2}.",
			"It was discussed together with the {adj} {thing}.",
			"{a kind} {actor} from {place2} {deed} because of it.",
			"Among those concerned are {plural} and {a actor}.",
		},
		headlines: []string{
			"{org} under pressure over {thing}", "{place} waits for {thing}", "New hope for {plural} in {place}",
			"{surname} speaks of {adj} {thing}", "{place}: {adj} {thing} worries {plural}", "What {place} will do next",
			"{org} answers critics", "{org} announces changes", "Surprise in {place}", "{surname} and the {thing}",
		},
		updates: []string{
			"People in {place} spoke of little else than {event}.",
			"{event} drew attention far beyond {place}.",
			"{org} opened a telephone line for questions about {event}.",
			"A special meeting on {event} is planned for {soon}.",
			"{speaker,} compared {event} with what happened in {place2} {tens} years ago.",
			"The latest news of {event} came from {org}.",
			"\"I have never seen anything like {event},\" said {speaker}.",
		},
		stories: []string{
			"{event}: what is known", "More news of {event}", "{place} and {event}", "{org} speaks about {event}",
			"{place} busy with {event}", "{surname} on {event}", "{event}: {thing} feared", "{event}: the {plural} of {place}",
		},
		role: "{a actor} from {place}",
		kinds: []string{
			"young", "local", "former", "veteran", "well-known", "senior", "retired", "popular", "leading",
			"little-known", "respected", "second",
		},
	}
}
