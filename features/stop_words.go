package features

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// stopWords tells which words say nothing of a topic.
type stopWords struct {
	fixed string // the language, or Auto
	of    map[string]map[string]bool
}

func newStopWords(name string) *stopWords {
	s := &stopWords{fixed: name, of: map[string]map[string]bool{}}
	for i := range languages {
		if l := &languages[i]; name == Auto || name == l.name {
			set := map[string]bool{}
			for word := range strings.FieldsSeq(l.words) {
				set[word] = true
			}
			s.of[l.name] = set
		}
	}
	return s
}

// set returns the stop words of the fixed language, or of the one that was told;
// nil when there are none.
func (s *stopWords) set(told string) map[string]bool {
	if s == nil {
		return nil
	}
	if s.fixed == Auto {
		return s.of[told]
	}
	return s.of[s.fixed]
}

// isStopWord tells whether word is in the set. An English contraction goes with
// its head: "it's" is a stop word because "it" is.
func isStopWord(set map[string]bool, word []byte) bool {
	if len(set) == 0 || set[string(word)] {
		return len(set) > 0
	}
	at := apostrophe(word)
	return at > 0 && contracted(word[at:]) && set[string(word[:at])]
}

// apostrophe returns where the first apostrophe stands, -1 when there is none.
func apostrophe(word []byte) int { return bytes.IndexAny(word, "'’") }

// contracted tells whether what begins with an apostrophe is the rest of an
// English contraction.
func contracted(tail []byte) bool {
	_, width := utf8.DecodeRune(tail)
	switch string(tail[width:]) {
	case "s", "t", "d", "m", "re", "ve", "ll":
		return true
	}
	return false
}

// straight returns word with curly apostrophes made straight, as the stemmers
// want them.
func straight(word string) string { return strings.ReplaceAll(word, "’", "'") }

func hasWordRune(s string) bool { return strings.ContainsFunc(s, isWordRune) }

// The function words of each language: articles, pronouns, prepositions,
// conjunctions, auxiliary verbs and the commonest adverbs. They are the stop
// words, and they tell the language. Lower case, composed; of forms with an
// apostrophe the head is enough.
const (
	englishWords = `a an the and or but nor so yet if then than that this these those there here
		i me my mine myself you your yours yourself he him his himself she her hers herself it its itself
		we us our ours ourselves they them their theirs themselves who whom whose which what when where why how
		am is are was were be been being do does did done doing have has had having will would shall should
		can could may might must cannot of in on at by for with about against between into through during before after
		above below to from up down out off over under again further once all any both each few more most other
		some such no not only own same too very just also as while because until since upon within without among
		s t d ll m re ve don isn aren wasn weren doesn didn hasn haven hadn won wouldn shouldn couldn mustn ain n't 's 'm 're 'll`
	germanWords = `der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner keines
		und oder aber denn sondern doch wenn weil dass daß ob als wie während bevor nachdem obwohl damit
		ich du er sie es wir ihr mich dich sich uns euch mir dir ihm ihn ihnen mein meine meinen meinem meiner
		dein deine sein seine seinen seinem seiner seines ihre ihren ihrem ihrer ihres unser unsere unseren euer eure
		dieser diese dieses diesen diesem jener jene jenes jeder jede jedes jeden welcher welche welches wer was wo wann warum
		bin bist ist sind seid war waren wäre wären gewesen habe hast hat haben hatte hatten hätte hätten
		werde wirst wird werden wurde wurden worden würde würden kann können konnte konnten muss müssen musste
		soll sollen sollte sollten will wollen wollte darf dürfen mag möchte
		in im an am auf aus bei beim bis durch für gegen ohne um unter über von vom vor zu zum zur mit nach seit zwischen neben hinter
		nicht nur auch noch schon sehr so da dann dort hier hin her nun man mehr immer wieder etwas nichts alle allem allen aller alles andere anderen`
	russianWords = `и в во не что он на я с со как а то все она так его но да ты к у же вы за бы по только ее её мне было вот от меня
		ещё еще нет о об из ему теперь когда даже ну ли если уже или ни быть был него до вас нибудь вам ведь там потом себя
		ничего ей может они тут где есть надо ней для мы тебя их чем была сам чтоб чтобы без будто чего раз тоже себе под будет
		тогда кто этот того потому этого какой ним здесь этом мой тем нее неё были куда зачем всех можно при
		об это эта эти этой этих этим этому свой своей своего своих наш ваш который которая которое которые которых которого
		также после перед между через над про около более менее лишь пока`
	frenchWords = `le la les l un une des du de d au aux et ou mais donc or ni car que qu qui quoi dont où si comme quand lorsque
		je j me m moi tu te t toi il elle on nous vous ils elles se s lui leur leurs eux y en ce c cet cette ces ça cela
		mon ma mes ton ta tes son sa ses notre nos votre vos quel quelle quels quelles
		suis es est sommes êtes sont étais était étaient été être sera seront serait ai as a avons avez ont avait avaient eu avoir aura
		ne n pas plus moins très aussi encore déjà même tout toute tous toutes
		dans par pour sur sous avec sans entre vers chez contre depuis pendant avant après dès ainsi`
	spanishWords = `el la los las un una unos unas lo al del de y e o u pero sino que si como cuando donde porque aunque mientras
		yo me mí tú te ti él ella ello nosotros ellos ellas usted ustedes se le les nos su sus mi mis tu tus nuestro nuestra
		este esta esto estos estas ese esa eso esos esas aquel aquella quien quienes cual cuales cuyo qué quién cuál
		soy es somos son era eran fue fueron sido ser será sería he ha hemos han había habían hay haber está están estaba estar
		no ni sí más menos muy también ya aún todavía tan todo toda todos todas otro otra otros otras
		en por para con sin sobre entre hasta desde contra durante ante bajo tras según`
	portugueseWords = `o a os as um uma uns umas ao aos à às do da dos das no na nos nas pelo pela pelos pelas de e ou mas que se como quando onde porque embora enquanto
		eu me mim tu te você vocês ele ela eles elas nós lhe lhes seu sua seus suas meu minha teu nosso nossa
		este esta isto estes estas esse essa isso esses essas aquele aquela aquilo quem qual quais cujo
		sou é somos são era eram foi foram sido ser será seria tem têm tinha tinham há havia haver ter está estão estava estar
		não nem sim mais menos muito também já ainda tão todo toda todos todas outro outra outros outras
		em por para com sem sobre entre até desde contra durante após num numa`
	italianWords = `il lo la i gli le l un uno una dell del dello della dei degli delle al allo alla ai agli alle dal dalla dai dalle nel nello nella nei nelle sul sulla sui sulle
		e ed o ma che chi se come quando dove perché anche mentre però quindi
		io mi me tu ti te lui lei noi ci voi vi essi loro si suo sua suoi sue mio mia nostro nostra
		questo questa questi queste quello quella quelli quelle quale quali cui
		sono sei è siamo era erano fu furono stato stata stati essere sarà sarebbe ho ha abbiamo hanno aveva avevano avere
		non né più meno molto già ancora tutto tutta tutti tutte altro altra altri altre
		di a da in con su per tra fra senza contro dopo prima durante sotto sopra`
	dutchWords = `de het een der des en of maar want dat die dit deze als wanneer omdat terwijl hoewel toen
		ik je jij jou u hij hem ze zij haar wij we ons onze jullie hun hen zich mijn jouw uw zijn wie wat welke waar hoe
		ben bent is was waren geweest heb hebt heeft hebben had hadden word wordt worden werd werden geworden
		kan kunnen kon konden zal zullen zou zouden moet moeten moest mag mogen wil willen
		niet geen wel ook nog al zeer meer dan er hier daar zo te om
		in op aan uit bij door voor tegen met zonder onder over van tot naar na tussen binnen tijdens sinds`
	swedishWords = `en ett den det de dem och eller men att som om när där då eftersom medan
		jag mig du dig han honom hon henne vi oss ni er sig min mitt mina din ditt dina hans hennes dess vår vårt våra deras sin sitt sina
		denna detta dessa vad vem vilken vilket vilka hur varför
		är var vara varit har hade haft ha blir blev blivit bli kan kunde ska skulle skall vill ville måste får fick
		inte ej också mycket mer än så nu här bara även
		i på av för från till med utan under över efter före mellan mot vid ur hos genom åt`
	norwegianWords = `en ei et den det de dem og eller men at som om når der da fordi mens
		jeg meg du deg han ham hun henne vi oss dere seg min mitt mine din ditt dine hans hennes dens vår vårt våre deres sin sitt sine
		denne dette disse hva hvem hvilken hvilke hvor hvordan hvorfor
		er var være vært har hadde hatt ha blir ble blitt bli kan kunne skal skulle vil ville må måtte får fikk
		ikke også mye mer enn så nå her bare
		i på av for fra til med uten under over etter før mellom mot ved ut hos gjennom`
	danishWords = `en et den det de dem og eller men at som om når der da fordi mens
		jeg mig du dig han ham hun hende vi os i jer sig min mit mine din dit dine hans hendes dens vor vores deres sin sit sine
		denne dette disse hvad hvem hvilken hvilke hvor hvordan hvorfor
		er var være været har havde haft have bliver blev blevet blive kan kunne skal skulle vil ville må måtte får fik
		ikke også meget mere end så nu her kun
		på af for fra til med uden under over efter før mellem mod ved ud hos gennem`
	finnishWords = `ja tai mutta että jos kun koska vaikka sekä eli kuin niin
		minä minun minua sinä sinun hän hänen häntä me meidän te teidän he heidän se sen sitä siinä siitä ne niiden niitä
		tämä tämän tätä tässä tästä nämä näiden tuo tuon nuo joka jonka jota jossa josta jotka joiden mikä mitä kuka ketä
		olen olet on olemme ovat oli olivat ole ollut olleet olla olisi olisivat
		ei en et emme eivät eikä ettei myös vain jo vielä nyt sitten kuitenkin hyvin
		kanssa ilman ennen jälkeen mukaan välillä vastaan kautta sekä asti`
	hungarianWords = `a az egy és vagy de hogy ha mert mint amikor míg bár
		én te ő mi ti ők engem téged őt nekem neki nekik ez ezt ezek ezen az azt azok azon aki akit akik ami amit amely amelyet amelyek ki mit
		van vannak volt voltak lesz lenne lett nem ne sem nincs is már még csak most itt ott így úgy nagyon
		meg el fel le be ki át vissza után előtt alatt között szerint miatt nélkül felé által mellett ellen
		kell lehet minden más majd pedig illetve valamint`
	romanianWords = `un o unei unui unor cel cea cei cele al ai ale lui și sau dar iar că dacă ca când unde deși
		eu mă mie tu te ție el ea noi ne voi vă ei ele îi îl le se își meu mea tău său sa săi sale nostru noastră lor
		acest această acesta aceasta acești aceste acel acea care cine ce
		sunt ești este e suntem sunteți era erau fost fi va vor ar am ai are avem au avea
		nu mai foarte tot toate toți și doar deja încă așa
		de în la pe cu din pentru prin despre fără după până între spre către sub peste contra într dintre`
	turkishWords = `bir bu şu o ve veya ya da de ki ama fakat ancak çünkü eğer gibi kadar
		ben beni bana benim sen seni sana senin onu ona onun biz bizi bize bizim siz sizi size sizin onlar onları onlara onların
		bunu buna bunun bunlar kim ne neden nasıl nerede hangi
		değil var yok oldu olan olarak olduğu olduğunu idi ise mi mı mu mü
		için ile sonra önce karşı göre doğru üzere rağmen daha en çok az her hiç şey bazı tüm bütün aynı diğer hem`
)
