package sample

func technology() topic {
	return topic{
		name:   "technology",
		course: course{weight: 95, swing: 350, period: 56, phase: 40},
		near:   []string{"economy", "science", "space", "crime", "health", "politics"},
		actors: []string{
			"programmer", "software engineer", "founder", "designer", "hacker", "product manager", "inventor",
			"developer", "security expert", "network engineer", "chip maker", "data analyst", "system administrator",
			"robotics student",
		},
		things: []string{
			"app", "chip", "robot", "software update", "server", "network", "smartphone", "data leak", "battery",
			"algorithm", "website", "password", "laptop", "start-up", "browser", "outage", "prototype", "patent",
			"cable", "data centre", "drone", "sensor", "platform", "search engine", "processor", "camera", "keyboard",
			"cyberattack", "screen", "operating system", "electric motor", "chatbot", "router",
		},
		plurals: []string{
			"users", "developers", "chips", "devices", "computers", "accounts", "robots", "passwords", "servers",
			"apps", "engineers", "messages", "downloads", "start-ups", "batteries", "hackers", "screens", "patents",
		},
		adjectives: []string{
			"digital", "new", "faulty", "encrypted", "automatic", "experimental", "first", "free", "cheap",
			"open-source", "portable", "outdated", "electronic", "smart",
		},
		orgs: []string{
			"{coin} Systems", "{coin}soft", "{coin} Robotics", "{coin} Mobile", "{town} Technologies",
			"the {coin} Foundation", "{coin} Data",
		},
		deeds: []string{
			"presented {a adj} {thing}", "found a flaw in {a adj} {thing}", "released the code of {a adj} {thing}",
			"warned that the passwords of {thousands} users were stolen", "sold a start-up for {money}",
			"built {a adj} {thing} in a garage", "tested {a adj} {thing} for {few} months",
			"blamed {a adj} {thing} for the outage", "applied for a patent on {a adj} {thing}",
			"connected {hundreds} villages to the network", "switched off {a adj} {thing}",
			"taught a robot to fold shirts",
		},
		facts: []string{
			"The app has been downloaded {thousands} times.",
			"Users complained that the app drained the battery.",
			"The servers were offline for {few} hours.",
			"The new chip is {percent} faster than the last one.",
			"{org} will start selling the device on {soon}.",
			"Passwords should be changed at once, {org} said.",
			"The {adj} {thing} costs {hundreds} crowns.",
			"Data of {thousands} users could be seen by anyone.",
			"The robot can lift {tens} kilograms.",
			"{speaker,} said the software learns from its users.",
			"The software runs on older computers too.",
			"Engineers in {place2} are working on {a adj} {thing}.",
			"The update closes {tens} security holes.",
		},
		quotes: []string{
			"The code is open to everybody", "We shipped the {thing} too early", "Our servers are up again",
			"Nobody wants another {thing}", "The {thing} will pay for itself", "Privacy comes first",
		},
		headlines: []string{
			"{org} presents {adj} {thing}", "{org} servers down for {few} hours", "Hackers attack {org}",
			"{org} recalls {thousands} devices", "{place} start-up builds {adj} {thing}",
			"Flaw found in {adj} {thing}", "{org} gives up {thing}", "Users angry about {thing}",
		},
		events: []event{
			{name: "the {coin}net outage", turns: []string{
				"About {thousands} users were offline in the first hour of {event}.",
				"A faulty update caused {event}, {org} said.",
				"Card payments failed in {place} because of {event}.",
				"Engineers worked through the night to end {event}.",
			}},
			{name: "the {coin} data leak", turns: []string{
				"About {thousands} passwords were published in {event}.",
				"{org} learnt of {event} from its users.",
				"Security experts traced {event} to an old server in {place}.",
				"A website lets users check whether {event} concerns them.",
			}},
		},
	}
}
