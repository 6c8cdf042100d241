package sample

// material is a topic made ready for drawing.
type material struct {
	name   string
	course course
	near   []int

	actors, things, plurals, adjectives list
	deeds, facts, quotes, headlines     list

	orgs   []template
	events []kindOfStory

	people, orgRanks pool // items are names, see namer
}

type kindOfStory struct {
	name  template
	turns list
}

// shared is what all topics use, made ready for drawing.
type shared struct {
	leads, follows, fillers, bridges, headlines, updates, stories, kinds list

	places pool
	role   template // of a person, at the first mention
}

func newMaterials() []material {
	all := topics()
	m := make([]material, len(all))
	for i, t := range all {
		m[i] = material{
			name: t.name, course: t.course,
			actors: newList(t.actors, steep), things: newList(t.things, steep),
			plurals: newList(t.plurals, steep), adjectives: newList(t.adjectives, steep),
			deeds: newList(t.deeds, flat), facts: newList(t.facts, flat),
			quotes: newList(t.quotes, flat), headlines: newList(t.headlines, flat),
			people: newPool(PeoplePerTopicMax, steep), orgRanks: newPool(OrganisationsPerTopicMax, steep),
		}
		for _, o := range t.orgs {
			m[i].orgs = append(m[i].orgs, compile(o))
		}
		for _, e := range t.events {
			m[i].events = append(m[i].events, kindOfStory{name: compile(e.name), turns: newList(e.turns, flat)})
		}
		for _, name := range t.near {
			for j := range all {
				if all[j].name == name {
					m[i].near = append(m[i].near, j)
				}
			}
		}
	}
	return m
}

func newShared() shared {
	f := sharedFrames()
	return shared{
		leads: newList(f.leads, flat), follows: newList(f.follows, flat), fillers: newList(f.fillers, flat),
		bridges: newList(f.bridges, flat), headlines: newList(f.headlines, flat), updates: newList(f.updates, flat),
		stories: newList(f.stories, flat), kinds: newList(f.kinds, steep),
		places: newPool(PlacesMax, steep),
		role:   compile(f.role),
	}
}

// drift changes the ranks of words, names and facts, as a day passes. The
// order of the pools is part of the stream's definition.
func (m *material) drift(r *random) {
	for _, p := range []*pool{
		&m.actors.pool, &m.things.pool, &m.plurals.pool, &m.adjectives.pool, &m.deeds.pool, &m.facts.pool,
		&m.people, &m.orgRanks,
	} {
		p.drift(r)
	}
}
