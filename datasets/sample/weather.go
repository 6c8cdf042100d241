package sample

func weather() topic {
	return topic{
		name:   "weather",
		course: course{weight: 75, swing: 450, period: 26, phase: 0},
		near:   []string{"travel", "animals", "science", "economy", "health", "sport"},
		actors: []string{
			"forecaster", "meteorologist", "farmer", "harbour master", "firefighter", "lifeguard", "snowplough driver",
			"rescue worker", "winegrower", "gardener", "dyke warden", "climate researcher",
		},
		things: []string{
			"storm", "forecast", "flood", "frost", "warning", "drought", "heatwave", "thunderstorm", "snowfall",
			"shower", "gale", "hailstorm", "cold front", "avalanche", "thaw", "blizzard", "fog bank", "rainstorm",
			"tornado", "cloudburst", "high tide", "lightning strike", "landslide", "downpour", "ground frost",
			"sandstorm", "cold spell", "wet spell", "breeze", "dry spell", "ice storm", "spring tide",
		},
		plurals: []string{
			"storms", "flooded streets", "fallen trees", "cellars", "households", "rivers", "storm warnings",
			"showers", "damaged roofs", "sandbags", "fields", "closed roads", "harvests", "power lines", "villages",
			"gusts", "hailstones", "umbrellas",
		},
		adjectives: []string{
			"heavy", "severe", "early", "late", "sudden", "coastal", "local", "unseasonal", "dangerous", "short",
			"rare", "record", "expected", "new",
		},
		orgs: []string{
			"the {coin} Weather Service", "the {town} fire brigade", "the {town} Flood Office", "the {coin} Climate Centre",
			"the {town} coast guard",
		},
		deeds: []string{
			"warned of {a adj} {thing}", "expected {a adj} {thing} by the evening",
			"measured gusts of {tens} kilometres an hour", "watched {a adj} {thing} from the harbour",
			"recorded {tens} millimetres of rain", "called the {thing} the worst in {tens} years",
			"helped to clear fallen trees from {tens} roads", "feared for the harvest after {a adj} {thing}",
			"was surprised by {a adj} {thing}", "helped to pump water out of {tens} cellars",
			"promised sunshine for the weekend", "advised against bathing because of {a thing}",
		},
		facts: []string{
			"Temperatures will fall to {few} degrees in the night.",
			"The river rose {few} metres above its normal level.",
			"About {thousands} households were without power.",
			"Winds of up to {tens} kilometres an hour are expected.",
			"Rain is expected from the west on {soon}.",
			"The wind tore roofs from {tens} houses.",
			"The {adj} {thing} moved on towards {place2}.",
			"Schools stayed closed because of snow and ice.",
			"{speaker,} said the {thing} would soon be over.",
			"It was the wettest day in {place} for {tens} years.",
			"Drivers are asked to leave their cars at home.",
			"The sun will return by {soon}, with light clouds in the hills.",
			"Farmers hope for rain after {few} dry weeks.",
		},
		quotes: []string{
			"Stay at home and close the windows", "The worst of the {thing} is over", "The ground cannot take more water",
			"We have not had {a thing} like this for years", "The ice is not safe yet",
		},
		headlines: []string{
			"{adj} {thing} hits {place}", "Warning of {adj} {thing}", "{thousands} without power after {thing}",
			"{place} braces for {thing}", "Rain brings relief to {place}", "{thing} closes {tens} roads",
			"River near {place} still rising", "Mild week ahead, {org} says",
		},
		events: []event{
			{name: "Storm {coin}", turns: []string{
				"{event} reached {place} with gusts of {tens} kilometres an hour.",
				"About {thousands} households lost power when {event} passed.",
				"{event} uprooted {hundreds} trees, the fire brigade said.",
				"Schools and parks stayed closed because of {event}.",
				"The clearing up after {event} began on {today}.",
			}},
			{name: "the {place} flood", turns: []string{
				"Soldiers filled sandbags against {event} through the night.",
				"The water of {event} stood {few} metres high in the streets.",
				"Some {hundreds} people left their homes because of {event}.",
				"The river fell slowly on {today}, and {event} eased.",
			}},
		},
	}
}
