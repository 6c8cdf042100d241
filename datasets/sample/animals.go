package sample

func animals() topic {
	return topic{
		name:   "animals",
		course: course{weight: 70, swing: 350, period: 30, phase: 3},
		near:   []string{"science", "weather", "health", "travel", "culture", "crime"},
		actors: []string{
			"zookeeper", "ranger", "vet", "farmer", "shepherd", "beekeeper", "birdwatcher", "dog trainer",
			"fisherman", "forester", "biologist", "horse breeder", "animal nurse", "hunter",
		},
		things: []string{
			"wolf", "bear", "elephant", "owl", "horse", "lynx", "whale", "calf", "dog", "eagle", "cat", "tiger", "fox",
			"seal", "stork", "tortoise", "penguin", "swan", "hedgehog", "bat", "goat", "beaver", "parrot", "otter",
			"donkey", "heron", "badger", "crane", "lizard", "pony", "camel", "falcon", "moose", "puppy",
		},
		plurals: []string{
			"birds", "wolves", "sheep", "bees", "visitors", "animals", "horses", "species", "cubs", "dogs",
			"whales", "kittens", "eggs", "foxes", "seals", "storks", "insects", "frogs", "cows", "hens",
		},
		adjectives: []string{
			"rare", "young", "wild", "injured", "escaped", "tame", "endangered", "hungry", "newborn", "lost",
			"orphaned", "shy", "protected", "first",
		},
		orgs: []string{
			"{town} Zoo", "the {coin} Wildlife Trust", "the {town} Animal Shelter", "the {coin} Bird Society",
			"the {town} Nature Reserve", "the {coin} Veterinary School",
		},
		deeds: []string{
			"freed {a adj} {thing} from a fence", "counted {hundreds} {plural} in one night",
			"raised {a adj} {thing} by hand", "photographed {a adj} {thing} at dawn",
			"followed the tracks of {a adj} {thing} for {few} days", "lost {tens} sheep to a wolf",
			"released {few} {plural} into the wild", "found {a adj} {thing} with a broken leg",
			"found an abandoned nest with {few} eggs", "heard {a adj} {thing} in the garden",
			"built a barn for {tens} horses", "rescued {few} kittens from a well", "was bitten by {a adj} {thing}",
		},
		facts: []string{
			"The {thing} weighs {hundreds} kilograms and eats twice a day.",
			"Only {hundreds} {plural} of this kind are left in the wild.",
			"Visitors can see the {adj} {thing} from {soon}.",
			"The mother and her {few} cubs are doing well.",
			"Farmers near {place2} fear for their sheep and hens.",
			"The {thing} had been fitted with a collar and a small transmitter.",
			"Walkers are asked to keep their dogs on a lead.",
			"The {plural} return to the same meadow every spring.",
			"{org} has looked after {plural} for {tens} years.",
			"A vet gave the {thing} an injection and took it to {place2}.",
			"The {thing} was last seen at the edge of the forest.",
			"{speaker,} said the {plural} should not be fed.",
			"Hunters and {plural} do not get along in the hills around {place}.",
		},
		quotes: []string{
			"The {thing} is calm and eating well", "We have not seen such {plural} here for years",
			"Please keep your distance from the {plural}", "It looked at us and ran back into the forest",
			"She is a very curious animal", "Every single nest counts",
		},
		headlines: []string{
			"{adj} {thing} found near {place}", "{org} welcomes {adj} {thing}", "Rangers count {hundreds} {plural}",
			"{thing} returns to {place} after {tens} years", "{plural} on the loose in {place}",
			"Vet saves {adj} {thing}", "{few} cubs born at {org}",
		},
		events: []event{
			{name: "the escaped bear of {place}", turns: []string{
				"Rangers with nets searched the woods for {event} on {today}.",
				"{event} was seen near a bakery, {few} kilometres from the zoo.",
				"Children in {place} were told to stay at home because of {event}.",
				"A trap with honey and fish has been set for {event}.",
			}},
			{name: "the stranded whale of {place}", turns: []string{
				"Volunteers kept {event} wet with buckets through the night.",
				"Some {hundreds} people came to the beach to see {event}.",
				"A tug is to pull {event} back to deep water at high tide.",
				"Vets of {org} said {event} was weak but breathing.",
			}},
		},
	}
}
