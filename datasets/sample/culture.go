package sample

func culture() topic {
	return topic{
		name:   "culture",
		course: course{weight: 80, swing: 350, period: 38, phase: 14, weekend: 1300},
		near:   []string{"politics", "travel", "sport", "science", "technology", "crime"},
		actors: []string{
			"painter", "novelist", "conductor", "actress", "film director", "singer", "poet", "curator", "sculptor",
			"pianist", "playwright", "dancer", "photographer", "violinist", "publisher",
		},
		things: []string{
			"film", "exhibition", "concert", "novel", "museum", "theatre", "festival", "opera", "painting", "album",
			"premiere", "play", "gallery", "orchestra", "poem", "song", "sculpture", "stage", "symphony", "comedy",
			"library", "choir", "portrait", "script", "ballet", "reading", "book fair", "cinema", "retrospective",
			"encore", "manuscript", "tapestry", "string quartet",
		},
		plurals: []string{
			"visitors", "paintings", "actors", "readers", "books", "films", "musicians", "artists", "songs",
			"critics", "dancers", "prizes", "poems", "pictures", "manuscripts", "costumes", "audiences", "sketches",
		},
		adjectives: []string{
			"new", "celebrated", "experimental", "forgotten", "sold-out", "early", "modern", "award-winning",
			"restored", "first", "controversial", "charming", "important", "autobiographical",
		},
		orgs: []string{
			"the {town} Museum", "the {coin} Theatre", "{town} Opera", "the {coin} Gallery", "{coin} Films",
			"the {town} Philharmonic", "{coin} Press",
		},
		deeds: []string{
			"opened {a adj} {thing}", "won a prize for {a adj} {thing}", "finished {a adj} {thing}",
			"gave {few} encores", "donated {tens} paintings to a museum", "turned the novel into {a adj} {thing}",
			"was applauded for {few} minutes after the premiere", "cancelled the {thing} at short notice",
			"read from a forgotten diary", "discovered a forgotten {thing} in an attic",
			"staged {a adj} {thing} with {tens} amateurs", "refused to accept the prize",
		},
		facts: []string{
			"The {thing} runs until the end of the month.",
			"Critics praised the music and the costumes.",
			"{org} expects {thousands} visitors.",
			"The {adj} {thing} was sold at auction for {money}.",
			"Tickets for the premiere cost {tens} crowns.",
			"The orchestra played to a full house.",
			"The {thing} tells of {few} sisters in a fishing village.",
			"The jury chose the {thing} from {hundreds} entries.",
			"The painter worked on the picture for {few} years.",
			"{speaker,} said the {thing} was meant for children too.",
			"A copy of the {thing} hangs in a gallery in {place2}.",
			"The book has been translated into {tens} languages.",
			"The old cinema will become a stage for young actors.",
		},
		quotes: []string{
			"Every {thing} is a conversation with the audience", "I wrote it in one summer",
			"We want people to look twice", "Music needs no explanation", "It is the best {thing} of the year",
			"The stage was my home from the first day",
		},
		headlines: []string{
			"{surname} wins prize for {adj} {thing}", "{org} opens {adj} {thing}", "{adj} {thing} delights {place}",
			"{actor} from {place} honoured", "Lost {thing} found in {place}", "{org} shows {tens} {plural}",
			"Critics divided over {adj} {thing}", "{surname} returns to the stage",
		},
		events: []event{
			{name: "the {place} Film Festival", turns: []string{
				"As many as {tens} films compete for the main prize at {event}.",
				"{person}, {a actor}, was the surprise guest of {event} on {today}.",
				"A comedy without dialogue opened {event}.",
				"The jury of {event} will name the winners on {soon}.",
			}},
			{name: "the {coin} manuscript", turns: []string{
				"{event} fetched {money} at an auction in {place2}.",
				"Experts doubt that {event} is genuine.",
				"{org} will show {event} behind thick glass.",
				"A poem in {event} may be the oldest in the language, readers were told.",
			}},
		},
	}
}
