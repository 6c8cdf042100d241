package sample

func space() topic {
	return topic{
		name:   "space",
		course: course{weight: 95, swing: 250, period: 50, phase: 2, from: 9, full: 13},
		near:   []string{"science", "technology", "politics", "economy", "weather"},
		actors: []string{
			"astronaut", "astronomer", "flight director", "rocket engineer", "mission planner", "cosmologist",
			"test pilot", "capsule commander", "telescope operator", "launch controller", "planetary scientist", "navigator",
		},
		things: []string{
			"rocket", "launch", "satellite", "orbit", "mission", "capsule", "telescope", "spacecraft", "moon base",
			"comet", "space station", "planet", "asteroid", "probe", "booster", "docking", "crater", "solar panel",
			"countdown", "launch pad", "lander", "spacewalk", "heat shield", "galaxy", "antenna", "rover", "eclipse",
			"re-entry", "payload", "star", "thruster",
		},
		plurals: []string{
			"astronauts", "satellites", "engines", "rockets", "stars", "planets", "orbits", "engineers", "craters",
			"signals", "meteorites", "images", "telescopes", "crew members", "asteroids", "modules",
		},
		adjectives: []string{
			"lunar", "first", "new", "orbital", "early", "unmanned", "distant", "interplanetary", "long-awaited",
			"bright", "solar", "delayed", "tiny",
		},
		orgs: []string{
			"the {coin} Space Agency", "{coin} Aerospace", "the {town} Observatory", "{coin} Launch Services",
			"the {town} Space Centre",
		},
		deeds: []string{
			"reported {a adj} {thing}", "returned to Earth after {hundreds} days",
			"followed the countdown to the last second", "discovered {a adj} {thing}",
			"described a spacewalk of {few} hours", "lost contact with {a adj} {thing}",
			"presented plans for {a adj} {thing}", "photographed the far side of the moon",
			"praised the crew of the {thing}", "trained {few} years for the {adj} {thing}",
			"moved the launch to {soon} because of a leak", "named {a thing} after a schoolchild",
			"calculated the orbit of {a adj} {thing}",
		},
		facts: []string{
			"The rocket lifted off at dawn with {few} satellites on board.",
			"The capsule splashed down {hundreds} kilometres off the coast.",
			"The probe will reach its orbit on {soon}.",
			"The {thing} is {thousands} kilometres from Earth.",
			"Engineers found a crack in one of the boosters.",
			"The telescope sent back {hundreds} images.",
			"The mission costs {money}.",
			"{speaker,} said all engines had burned as planned.",
			"The crew spent {few} hours outside the space station.",
			"The lander touched down at the edge of a crater.",
			"Radio contact with the {thing} was lost for {tens} minutes.",
			"{org} wants to bring {few} astronauts to the moon.",
			"The {adj} {thing} can be seen with the naked eye.",
		},
		quotes: []string{
			"We have a signal", "The Earth looks very small from up here", "The {thing} performed perfectly",
			"Every {thing} teaches us something", "We are going back to the moon",
		},
		headlines: []string{
			"{org} launches {adj} {thing}", "{thing} reaches orbit", "Astronauts repair {thing}",
			"{adj} {thing} seen over {place}", "{org} delays {thing}", "{surname} back on Earth after {hundreds} days",
			"Telescope finds {adj} {thing}", "Moon mission on course",
		},
		events: []event{
			{name: "the {coin} moon mission", turns: []string{
				"The lander of {event} touched down on {today}.",
				"{event} left Earth orbit after a burn of {few} minutes.",
				"The crew of {event} spoke to schoolchildren in {place}.",
				"A stuck valve nearly ended {event}, {org} said.",
			}},
			{name: "comet {coin}", turns: []string{
				"{event} could be seen with the naked eye on {today}.",
				"Astronomers found water in the tail of {event}.",
				"About {thousands} people climbed the hills around {place} to watch {event}.",
				"{event} will pass the planet at {thousands} kilometres.",
			}},
		},
	}
}
