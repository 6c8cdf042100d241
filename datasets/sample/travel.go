package sample

func travel() topic {
	return topic{
		name:   "travel",
		course: course{weight: 100, fade: 5, gone: 17},
		near:   []string{"weather", "economy", "culture", "politics", "animals", "crime"},
		actors: []string{
			"pilot", "tourist", "travel agent", "hotel owner", "train driver", "flight attendant", "tour guide",
			"ferry captain", "airport manager", "backpacker", "bus driver", "innkeeper", "passenger", "mountain guide",
		},
		things: []string{
			"flight", "airport", "hotel", "train", "holiday", "cruise", "beach", "ferry", "railway line", "timetable",
			"passport", "suitcase", "night train", "resort", "runway", "booking", "terminal", "journey", "ticket",
			"guided tour", "hiking trail", "airline", "campsite", "departure", "platform", "visa", "road trip", "harbour",
			"bus route", "guest house", "cable car", "souvenir",
		},
		plurals: []string{
			"passengers", "tourists", "flights", "trains", "hotels", "travellers", "beds", "guests", "planes",
			"buses", "bookings", "suitcases", "holidays", "ferries", "commuters", "hikers", "fares",
		},
		adjectives: []string{
			"cheap", "direct", "delayed", "crowded", "scenic", "overbooked", "weekly", "cancelled", "first", "new",
			"high-speed", "remote", "daily", "long-awaited",
		},
		orgs: []string{
			"{coin} Airways", "{town} Airport", "{coin} Tours", "the {town} Tourist Board", "{coin} Railways",
			"{coin} Ferries", "Hotel {coin}",
		},
		deeds: []string{
			"waited {few} hours for {a adj} {thing}", "complained about {a adj} {thing}",
			"spoke of {tens} cancelled flights", "recommended {a adj} {thing} for families",
			"lost a suitcase on the way", "stood in a queue for {few} hours", "promised passengers their money back",
			"praised {a adj} {thing}", "walked with {tens} hikers over the pass",
			"was told that fares would rise by {percent}", "wants to turn an old mill into a guest house",
			"missed the last ferry of the season", "tried out {a adj} {thing}",
		},
		facts: []string{
			"The flight takes {few} hours and costs {hundreds} crowns.",
			"Hotels near the beach are booked until the end of the month.",
			"Trains between {place} and {place2} run every {tens} minutes.",
			"Some {hundreds} passengers spent the night at the terminal.",
			"The {thing} is open to guests from {soon}.",
			"Travellers need a passport that is valid for {few} months.",
			"The night train passes {few} lakes and a castle.",
			"{org} counted {thousands} overnight stays.",
			"{speaker,} said the season had been short.",
			"The runway will be closed for repairs.",
			"The ferry to {place2} leaves twice a day.",
			"Breakfast and a guided tour are included.",
		},
		quotes: []string{
			"We had booked the {thing} months ago", "The view alone is worth the journey", "Guests come for the quiet",
			"Nobody told us why the {thing} was late", "Bring good shoes and a raincoat",
		},
		headlines: []string{
			"{org} cancels {tens} flights", "New {adj} {thing} to {place}", "{place} expects fewer tourists",
			"Passengers stranded in {place}", "{org} adds flights to {place}", "Season ends early in {place}",
			"Hotels in {place} half empty", "Long queues in {place} before the holidays",
		},
		events: []event{
			{name: "the closure of {place} Airport", turns: []string{
				"About {thousands} passengers were stranded by {event}.",
				"Airlines sent their flights to {place2} because of {event}.",
				"Hotels were full on the second night of {event}.",
				"Buses took travellers home during {event}.",
			}},
			{name: "the {coin} rail breakdown", turns: []string{
				"Trains stood still for {few} hours in {event}.",
				"Commuters walked along the track during {event}.",
				"{org} will refund tickets after {event}.",
				"A broken signal near {place} caused {event}.",
			}},
		},
	}
}
