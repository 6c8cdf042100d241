package sample

// Limits of the invented names. They bound the vocabulary of an endless
// stream.
const (
	PlacesMax                = 4000
	PeoplePerTopicMax        = 2500
	OrganisationsPerTopicMax = 600
	coinsMax                 = 8000 // invented words in names of organisations and events
)

// Syllables of the invented names. A name is a hash of its number, so that
// there is no table of names to keep.
var (
	placeHeads = [...]string{
		"Aln", "Arve", "Bram", "Brin", "Cald", "Dorn", "Drav", "Eld", "Elm", "Farn", "Fenn", "Gald", "Grim",
		"Harl", "Hesk", "Ilm", "Jarl", "Kald", "Kern", "Korv", "Lind", "Lorn", "Marv", "Merl", "Mold", "Nar",
		"Nesk", "Olm", "Orst", "Pell", "Quel", "Rask", "Rend", "Ruv", "Sarn", "Skel", "Sorr", "Stav", "Tarn",
		"Thel", "Torv", "Ulv", "Vald", "Varn", "Velm", "Wend", "Wist", "Yarn", "Zell", "Zorn",
	}
	placeTails = [...]string{
		"aby", "afell", "amar", "amere", "anoor", "asund", "avik", "eby", "edal", "egarth", "eholt", "emark",
		"emoor", "enau", "erode", "eshaven", "estad", "etoft", "evik", "ewater", "ibor", "ildorf", "imont",
		"ingen", "isford", "itz", "odal", "oholm", "olund", "onne", "opol", "osk", "osund", "ova", "ubry", "umere",
	}
	placeMiddles = [...]string{"and", "el", "eng", "erl", "ers", "in", "ock", "um"}
	coinHeads    = [...]string{
		"Al", "Be", "Cor", "Da", "El", "Fen", "Gor", "Ha", "Io", "Jun", "Ka", "Lu", "Mo", "Nor", "Or", "Pra",
		"Qui", "Ro", "Sel", "Tor", "Ul", "Vi", "Wen", "Xa", "Yl", "Ze", "Bril", "Cas", "Dro", "Fal", "Gly", "Hex",
	}
	coinMiddles = [...]string{
		"ba", "dri", "fo", "ga", "li", "lo", "ma", "ne", "no", "ra", "ri", "sa", "ta", "ti", "va", "vo", "xi", "zu",
	}
	coinTails = [...]string{
		"can", "den", "dor", "gan", "lex", "lis", "mar", "mer", "na", "nix", "ra", "ran", "ric", "ron", "sto",
		"tar", "tis", "va", "vane", "vex", "von", "xor", "zan",
	}
	givenNames = [...]string{
		"Ada", "Alva", "Ansel", "Aren", "Bela", "Berit", "Bram", "Carlo", "Celia", "Dario", "Dina", "Edda", "Emil",
		"Enno", "Esra", "Fenja", "Filip", "Gesa", "Goran", "Hanna", "Henk", "Ida", "Ilse", "Ivo", "Jana", "Jonas",
		"Jule", "Karim", "Katja", "Lasse", "Lena", "Lorin", "Maja", "Marek", "Mira", "Nadia", "Nils", "Oda", "Olin",
		"Petra", "Pim", "Rana", "Rolf", "Runa", "Salim", "Sanna", "Silas", "Tarik", "Tessa", "Tilda", "Tomas",
		"Ulla", "Vera", "Viggo", "Wanda", "Xenia", "Yara", "Yusuf", "Zita", "Zoran",
	}
	surnameHeads = [...]string{
		"Abra", "Arn", "Bal", "Berk", "Bo", "Bran", "Cav", "Dal", "Dem", "Dre", "Ek", "Em", "Far", "Fro", "Gal",
		"Ges", "Gru", "Hal", "Hem", "Hol", "Jas", "Jor", "Kal", "Kes", "Kol", "Kra", "Lam", "Lev", "Lor", "Mal",
		"Mes", "Mor", "Nal", "Nor", "Ol", "Os", "Pal", "Per", "Pol", "Ral", "Res", "Rom", "Sal", "Sev", "Sol",
		"Ster", "Tal", "Tem", "Tro", "Ub", "Val", "Ves", "Vor", "Wal", "Wes", "Zan", "Zel",
	}
	surnameMiddles = [...]string{"am", "ar", "el", "en", "eth", "ib", "in", "ol", "or", "ul"}
	surnameTails   = [...]string{
		"adic", "ander", "anic", "arro", "aski", "avell", "eckan", "edal", "egard", "elin", "emann", "enko",
		"erby", "erius", "eson", "etti", "eveld", "iani", "idou", "ikov", "illo", "imsen", "ingar", "istad",
		"ivar", "okan", "olen", "omir", "onde", "orin", "ossen", "otte", "ovar", "ubert", "ulis", "urano",
	}
)

// namer turns numbers into names; the seed makes streams differ.
type namer struct{ seed uint64 }

// Kinds keep the numbers of places, coins and people apart.
const (
	kindPlace = iota + 1
	kindCoin
	kindPerson
	kindOrg
)

func (n namer) hash(kind, topic, item int) uint64 {
	return mix(n.seed ^ mix(uint64(kind)<<48|uint64(topic)<<32|uint64(item)))
}

// pick takes a syllable by the low bits of *h and uses them up.
func pick(h *uint64, from []string) string {
	s := from[*h%uint64(len(from))]
	*h /= uint64(len(from))
	return s
}

// perhaps adds a syllable in half of the cases.
func perhaps(dst []byte, h *uint64, from []string) []byte {
	add := *h%2 == 0
	*h /= 2
	if !add {
		return dst
	}
	return append(dst, pick(h, from)...)
}

func (n namer) place(dst []byte, item int) []byte {
	h := n.hash(kindPlace, 0, item)
	dst = append(dst, pick(&h, placeHeads[:])...)
	dst = perhaps(dst, &h, placeMiddles[:])
	return append(dst, pick(&h, placeTails[:])...)
}

func (n namer) coin(dst []byte, item int) []byte {
	h := n.hash(kindCoin, 0, item)
	dst = append(dst, pick(&h, coinHeads[:])...)
	dst = perhaps(dst, &h, coinMiddles[:])
	return append(dst, pick(&h, coinTails[:])...)
}

func (n namer) given(dst []byte, topic, item int) []byte {
	h := n.hash(kindPerson, topic, item) >> 24
	return append(dst, pick(&h, givenNames[:])...)
}

func (n namer) surname(dst []byte, topic, item int) []byte {
	h := n.hash(kindPerson, topic, item)
	dst = append(dst, pick(&h, surnameHeads[:])...)
	dst = perhaps(dst, &h, surnameMiddles[:])
	return append(dst, pick(&h, surnameTails[:])...)
}
