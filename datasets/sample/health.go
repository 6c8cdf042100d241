package sample

func health() topic {
	return topic{
		name:   "health",
		course: course{weight: 90, swing: 400, period: 34, phase: 28},
		near:   []string{"science", "politics", "sport", "technology", "economy", "animals"},
		actors: []string{
			"doctor", "nurse", "surgeon", "pharmacist", "midwife", "patient", "virologist", "dentist", "therapist",
			"paramedic", "psychologist", "hospital manager", "health inspector", "dietitian",
		},
		things: []string{
			"hospital", "vaccine", "clinic", "virus", "treatment", "operation", "drug", "infection", "diagnosis",
			"therapy", "epidemic", "ward", "flu season", "clinical trial", "pharmacy", "transplant", "diet",
			"prescription", "side effect", "blood test", "ambulance", "symptom", "fever", "check-up", "antibiotic",
			"waiting list", "health insurance", "kidney", "emergency room", "allergy", "syringe", "rehabilitation centre",
		},
		plurals: []string{
			"patients", "doctors", "nurses", "hospitals", "cases", "vaccines", "infections", "beds", "children",
			"medicines", "symptoms", "surgeons", "masks", "pills", "donors", "smokers", "ambulances", "newborns",
		},
		adjectives: []string{
			"new", "effective", "serious", "first", "cheap", "experimental", "seasonal", "rural", "preventive",
			"expensive", "urgent", "common", "safe", "important",
		},
		orgs: []string{
			"{town} General Hospital", "the {coin} Clinic", "{coin} Pharma", "the {town} Health Board",
			"the {coin} Medical Association", "the {town} School of Nursing",
		},
		deeds: []string{
			"recommended {a adj} {thing}", "treated {tens} patients with a fever", "warned of {a adj} {thing}",
			"spent {few} hours on an operation", "reported {hundreds} new cases", "called for more beds and nurses",
			"asked visitors to stay away from the ward", "left the hospital after {few} weeks",
			"advised parents to see a doctor early", "described {a adj} {thing}", "was vaccinated against the flu",
			"praised the {adj} {thing}", "doubted the use of {a adj} {thing}",
		},
		facts: []string{
			"The treatment helped {percent} of the patients.",
			"Some {hundreds} people are being treated in hospital, {tens} of them children.",
			"The vaccine will be free for people over {tens}.",
			"Symptoms include fever, cough and headache.",
			"Hospitals in {place2} have postponed operations.",
			"Side effects were mild, {org} said.",
			"Patients wait {few} months for an operation.",
			"Doctors advise rest, warm tea and little salt.",
			"{speaker,} said the vaccine was safe for most people.",
			"The number of infections rose by {percent} in a week.",
			"A box of the drug costs {tens} crowns at the pharmacy.",
			"The ward has {tens} beds and too few nurses.",
			"Smokers and people with asthma are most at risk.",
		},
		quotes: []string{
			"The patient is stable", "Wash your hands often", "We need more nurses, not more forms",
			"The treatment works better than we had hoped", "Most people recover within {few} days",
			"Nobody should wait that long for a doctor",
		},
		headlines: []string{
			"Doctors in {place} warn of {adj} {thing}", "{org} tests {adj} {thing}", "{hundreds} new cases in {place}",
			"Hospitals short of nurses", "New drug gives patients hope", "{org} opens new ward in {place}",
			"Patients wait longer for operations", "{place} starts free check-ups",
		},
		events: []event{
			{name: "the {place} fever", turns: []string{
				"Some {hundreds} people have caught {event}, {org} said on {today}.",
				"Schools in {place} closed because of {event}.",
				"Doctors traced {event} to a contaminated well.",
				"The first patients with {event} left hospital on {today}.",
				"A blood test can now tell {event} from the flu.",
			}},
			{name: "the {coin} drug recall", turns: []string{
				"Pharmacies took {thousands} boxes off the shelves in {event}.",
				"As many as {tens} patients reported side effects before {event}.",
				"{person}, {a actor}, said {event} came late.",
				"{event} was widened to {few} more medicines on {today}.",
			}},
		},
	}
}
