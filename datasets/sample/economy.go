package sample

func economy() topic {
	return topic{
		name:   "economy",
		course: course{weight: 110, swing: 300, period: 52, phase: 20, weekend: 600},
		near:   []string{"politics", "technology", "travel", "weather", "crime", "health"},
		actors: []string{
			"banker", "economist", "trader", "analyst", "finance chief", "investor", "exporter", "chief executive",
			"shop owner", "broker", "union leader", "accountant", "brewer", "shipowner",
		},
		things: []string{
			"bank", "merger", "loan", "market", "factory", "budget", "profit", "loss", "takeover", "bond", "share",
			"tax", "dividend", "interest rate", "deficit", "price rise", "strike", "export order", "wage deal",
			"bankruptcy", "currency", "tariff", "warehouse", "supply chain", "quarter", "forecast", "pension fund",
			"stock exchange", "rescue plan", "trade deal", "mortgage", "balance sheet", "invoice",
		},
		plurals: []string{
			"shares", "prices", "jobs", "exports", "investors", "workers", "banks", "wages", "sales", "customers",
			"shareholders", "orders", "factories", "creditors", "imports", "retailers", "savers", "loans", "suppliers",
		},
		adjectives: []string{
			"quarterly", "annual", "weak", "planned", "costly", "disappointing", "record", "new", "foreign",
			"long-delayed", "first", "domestic", "expected", "risky",
		},
		orgs: []string{
			"{coin} Bank", "{coin} Holdings", "the {town} Chamber of Commerce", "{coin} Steel", "{coin} Breweries",
			"the {town} Stock Exchange", "{coin} Shipping", "{coin} Mills",
		},
		deeds: []string{
			"warned of {a adj} {thing}", "cut the forecast for the year to {percent}", "sold shares worth {money}",
			"agreed to {a adj} {thing}", "announced the loss of {hundreds} jobs", "demanded {percent} more pay",
			"spoke against {a adj} {thing}", "predicted the end of a factory with {hundreds} workers",
			"called for lower taxes", "expected a profit of {money}", "promised a higher dividend",
			"blamed high energy prices for the {adj} {thing}", "asked creditors for more time",
			"was surprised by {a adj} {thing}",
		},
		facts: []string{
			"Shares of {org} fell {percent} on {today}.",
			"Sales rose {percent} to {money}.",
			"The central bank left its interest rate at {percent}.",
			"Unemployment in {place} stands at {percent}.",
			"The {thing} is worth {money}.",
			"Analysts had expected a profit of {money}.",
			"{org} employs {thousands} people.",
			"Prices for bread and coal rose faster than wages.",
			"Shareholders will vote on the {thing} on {soon}.",
			"{speaker,} said demand from abroad was weak.",
			"Exports to {place2} shrank by {percent}.",
			"The union wants {percent} more pay for the workers.",
			"The {adj} {thing} would cost each household {hundreds} crowns a year.",
			"The crown lost {percent} against other currencies.",
		},
		quotes: []string{
			"The market had hoped for more", "We see no reason to worry about the {thing}", "Our order books are full",
			"Investors need patience", "This {thing} protects jobs", "Costs have doubled in {few} years",
		},
		headlines: []string{
			"{org} reports {adj} {thing}", "{org} cuts {hundreds} jobs", "Shares fall after {adj} {thing}",
			"{org} buys rival for {money}", "Prices in {place} up {percent}", "Investors wary of {thing}",
			"Shares in {org} gain {percent}", "Workers in {place} strike for higher wages",
		},
		events: []event{
			{name: "the collapse of {coin} Bank", turns: []string{
				"Customers queued for their savings after {event}.",
				"{event} could cost taxpayers {money}, analysts said.",
				"The stock exchange in {place} closed early because of {event}.",
				"A fund for savers hit by {event} opened on {today}.",
			}},
			{name: "the {place} dock strike", turns: []string{
				"As many as {tens} ships waited outside the harbour because of {event}.",
				"Exporters lose {money} for every day of {event}, {org} said.",
				"Union and employers met to end {event}.",
				"Shops in {place} ran out of coffee in the third day of {event}.",
			}},
		},
	}
}
