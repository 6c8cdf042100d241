// Package sample generates a synthetic newswire: short labelled articles with
// event times, for first steps, tests, benchmarks and demonstrations. It needs
// no download, has no licence but the project's own, and never ends unless
// told to.
//
// THE ARTICLES ARE MADE UP. Sentences come from templates, people, towns and
// organisations from syllables; a likeness to anything real is an accident.
//
// The one rule to keep: a stream is named by its seed. The same seed gives the
// same bytes on every machine, and a longer run begins with the shorter one;
// nothing is taken from the clock. All arithmetic is on integers, because
// floating point may differ between processors. A Generator owns its state and
// is not safe for concurrent use; two Generators share nothing that changes.
//
// # What is planted
//
// A reader who judges a result on this stream should know what was put in.
// Days count from the start of the stream, Monday 2024-01-01T00:00Z; the
// default 20,000 documents take about 23 of them, with quiet nights, busy
// mornings and slower weekends. Arrivals are a Poisson process whose rate
// changes every hour.
//
//	topic       weight  course
//	animals         70  wave of 30 days, +-35 %
//	crime           85  wave of 44 days, +-30 %
//	culture         80  wave of 38 days, +-35 %; more at weekends
//	economy        110  wave of 52 days, +-30 %; fewer at weekends
//	health          90  wave of 34 days, +-40 %
//	politics       120  wave of 60 days, +-30 %; fewer at weekends
//	science         75  wave of 42 days, +-30 %
//	space           95  LATE: nothing before day 9, full from day 13; wave of 50 days, +-25 %
//	sport          130  wave of 48 days, +-25 %; many more at weekends
//	technology      95  wave of 56 days, +-35 %
//	travel         100  FADES from day 6 on; gone by day 17, for good
//	weather         75  wave of 26 days, +-45 %
//
// A topic's share of the ordinary articles is its weight over the sum of the
// weights that day.
//
//   - Stories: five or six times a week an invented event (a storm with a name,
//     a cup final, an outage) starts, brings some 50 to 300 articles that share
//     its name, town, organisation and people, and is over within hours to
//     three days. They make up about a sixth of the stream.
//   - Vocabulary: the sentences of all topics share their common words; each
//     topic has its own words with Zipf ranks, of which 55 % are in use at a
//     time. Ranks change places every day. Towns, people and organisations form
//     a long tail, also with Zipf ranks, and differ between seeds.
//   - Vague articles: [VaguePermille] of a thousand ordinary articles have no
//     sentence of their topic's own, and most of the rest says little.
//   - Mixed articles: [MixedPermille] of a thousand ordinary articles turn to a
//     related topic after the first sentence. Their label is the topic that
//     they begin with in [MixedFirstPermille] of a thousand cases, else the
//     other one; the text does not tell.
//   - Label noise: [NoisePermille] of a thousand labels are replaced by a topic
//     drawn at random among the others of that day.
//
// Noise and mixed labels cannot be learnt: no classifier can agree with more
// than about 92 % of the labels. The project's default model, which predicts
// each document before it learns from it, agrees with .83 over 2,000
// documents, .88 over 20,000 and .89 over 200,000; the same model frozen after
// 5,000 agrees with .82 of the 15,000 that follow, where the one that goes on
// learning agrees with .88.
//
// # What it is not good for
//
// It is no evidence that a classifier works on real news: there are some
// thousand templates and words where language has no end, the topics are as
// far apart as their author made them, drift and bursts follow the rules
// above. After four weeks nearly every word has been seen, so that a model
// frozen later loses little. It is no corpus for language models. Compare
// guarantees, throughput, memory and windows on it; compare classifiers on
// real data.
//
// # Limits
//
// Memory does not grow with the length of the stream: the vocabulary is
// bounded ([PlacesMax], [PeoplePerTopicMax], [OrganisationsPerTopicMax]), as
// are the stories alive at a time ([StoriesMax]). The stream ends at
// [DocumentsMax], before event times leave what RFC 3339 can write.
package sample
