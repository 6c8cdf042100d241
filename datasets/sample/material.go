package sample

// commonEvery is how many patterns of a topic's organisations come before one
// that all topics share.
const commonEvery = 2

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

	// What plain sentences draw from instead of a topic's lists.
	actors, things, plurals, adjectives, deeds, quotes list

	places pool
	role   template // of a person, at the first mention
}

func newMaterials() []material {
	all, c := topics(), commonMaterial()
	m := make([]material, len(all))
	for i, t := range all {
		m[i] = material{
			name: t.name, course: t.course,
			actors: newTopicalList(t.actors, steep), things: newTopicalList(t.things, steep),
			plurals: newTopicalList(t.plurals, steep), adjectives: newTopicalList(t.adjectives, steep),
			deeds: newTopicalList(t.deeds, flat), facts: newTopicalList(t.facts, flat),
			quotes: newList(t.quotes, flat), headlines: newList(t.headlines, flat),
			people: newPool(PeoplePerTopicMax, PeoplePerTopicMax, steep), orgRanks: newPool(OrganisationsPerTopicMax, OrganisationsPerTopicMax, steep),
		}
		for _, o := range blend(t.orgs, c.orgs) {
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
	f, c := sharedFrames(), commonMaterial()
	return shared{
		actors: newList(c.actors, steep), things: newList(c.things, steep), plurals: newList(c.plurals, steep),
		adjectives: newList(c.adjectives, steep), deeds: newList(c.deeds, flat), quotes: newList(c.quotes, flat),
		leads: newSharedList(f.leads), follows: newSharedList(f.follows), fillers: newSharedList(f.fillers),
		bridges: newList(f.bridges, flat), headlines: newSharedList(f.headlines), updates: newSharedList(f.updates),
		stories: newSharedList(f.stories), kinds: newList(f.kinds, steep),
		places: newPool(PlacesMax, PlacesMax, steep),
		role:   compile(f.role),
	}
}

// blend puts a common entry after every commonEvery topical ones.
func blend(topical, common []string) []string {
	var all []string
	for i, s := range topical {
		all = append(all, s)
		if i%commonEvery == commonEvery-1 && len(common) > 0 {
			all, common = append(all, common[0]), common[1:]
		}
	}
	return all
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
