package sample

// common is material that any topic may use and that tells none from another.
type common struct{ actors, things, plurals, adjectives, orgs, deeds, quotes []string }

func commonMaterial() common {
	return common{
		actors: []string{"spokesperson", "official", "volunteer", "visitor", "expert", "director", "teacher", "neighbour"},
		things: []string{
			"report", "project", "meeting", "plan", "conference", "agreement", "crisis", "prize", "accident",
			"anniversary", "programme", "team", "proposal", "delay", "complaint", "inquiry", "donation",
		},
		plurals:    []string{"residents", "people", "families", "experts", "members", "volunteers", "guests", "questions"},
		adjectives: []string{"new", "recent", "important", "unusual", "planned", "small", "joint", "second"},
		orgs: []string{
			"the {town} Council", "the {coin} Group", "the {coin} Foundation", "{coin} and Sons", "the {town} Society",
			"the {coin} Office",
		},
		quotes: []string{
			"We need more time", "We had hoped for something else", "That is good news for {place}",
			"Everybody can see that the {thing} matters", "We have waited long enough", "I can only say thank you",
		},
		deeds: []string{
			"spoke of {a adj} {thing}", "welcomed the {adj} {thing}", "asked for help with {a adj} {thing}",
			"was surprised by {a adj} {thing}", "criticised the {adj} {thing}", "promised to look into the {thing}",
			"asked for more time", "saw no reason for {a adj} {thing}", "thanked all {plural} for their help",
		},
	}
}

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
			"Near {place}, {a actor} {deed} early on {today}.",
		},
		follows: []string{
			"\"{quote},\" said {speaker}.", "\"{quote},\" {org} quoted {a kind} {actor} as saying.",
			"{speaker,} said the {thing} would be discussed on {soon}.",
			"More than {hundreds} {plural} were counted in {place}, {tens} more than last year.",
			"It was the {nth} {thing} in {place} within {few} months.",
			"The {adj} {thing} had been the talk of {place} since {yesterday}.",
			"{org} recalled {a adj} {thing} in {place2} at the end of last year.",
			"Another {thing} cannot be ruled out, {org} said.", "{speaker,} spoke of {a adj} {thing}.",
			"Last year there were {hundreds} {plural} in {place} and {place2} together.",
			"There was also talk of {plural} from {place2}.",
			"The number of {plural} has grown by {percent} since last year.",
			"{witness,} who had heard of the {thing}, spoke of great relief.",
			"The {thing} has little to do with {plural}, said {speaker}.",
			"There was no word on the {adj} {thing} in {place2}.",
			"The {actor} spoke of {plural} and of {a adj} {thing}.",
			"Questions about the {adj} {thing} remained open.", "{speaker,} said {plural} were not the problem.",
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
			"Some see a link to the {adj} {thing} in {place2}.", "On the same day, {a actor} {deed}.",
			"The {adj} {thing} in {place2} was also on the agenda.",
			"{a kind} {actor} from {place2} {deed} at almost the same hour.",
			"It comes at a time when {plural} are in the news as well.",
			"{org} has asked {a kind} {actor} for advice because of the {adj} {thing}.",
			"Others in {place} were more concerned about {plural} and {a adj} {thing}.",
		},
		headlines: []string{
			"{org} under pressure over {thing}", "{place} waits for {thing}", "{plural} and {thing} in {place}",
			"{surname} speaks of {adj} {thing}", "{place} speaks of {adj} {thing}", "What {place} will do next",
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
			"{place} busy with {event}", "{surname} on {event}", "{event}: fears grow", "{event}: {place} looks back",
		},
		role: "{a actor} from {place}",
		kinds: []string{
			"young", "local", "former", "veteran", "well-known", "senior", "retired", "popular", "leading",
			"little-known", "respected",
		},
	}
}
