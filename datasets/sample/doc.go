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
// Days count from the start of the stream, 2024-01-01T00:00Z; the default
// 20,000 documents take about 25 of them, with a quiet night, a busy morning
// and slower weekends. Arrivals are a Poisson process whose rate changes every
// hour.
//
//	topic       weight  course
//	animals         70  wave of 30 days, +-35 %
//	crime           85  wave of 44 days, +-30 %
//	culture         80  wave of 38 days, +-35 %; more at weekends
//	economy        110  wave of 52 days, +-30 %; fewer at weekends
//	health          90  wave of 34 days, +-40 %
//	politics       120  wave of 60 days, +-30 %; fewer at weekends
//	science         75  wave of 42 days, +-30 %
//	space           95  LATE: nothing before day 10, full after 4 more days
//	sport          130  wave of 48 days, +-25 %; many more at weekends
//	technology      95  wave of 56 days, +-35 %
//	travel         100  FADES: from day 6 on, gone by day 17, for good
//	weather         75  wave of 26 days, +-45 %
//
// A topic's share is its weight over the sum of the weights that day.
//
//   - Stories: about six times a week an invented event (a storm with a name, a
//     cup final, an outage) starts, brings some 60 to 300 articles that share
//     its name, town, organisation and people, and is over within hours to
//     three days. They make up about a sixth of the stream.
//   - Vocabulary: common words are shared by all topics; each topic has its own
//     words with Zipf ranks; ranks change places every day, so that after some
//     weeks other words lead. Towns, people and organisations form a long
//     tail, also with Zipf ranks, which differ between seeds.
//   - Mixed articles: [MixedPermille] of a thousand ordinary articles tell of
//     two related topics. Their label is the topic that fills more of the text
//     in only [MixedFirstPermille] of a thousand cases, else the other one.
//   - Label noise: [NoisePermille] of a thousand labels are replaced by a topic
//     drawn at random among the others of that day.
//   - Sentences that say nothing about the topic: about a quarter.
//
// Noise and mixed articles cannot be learnt, so no classifier can pass about
// 90 % of agreement with the labels.
//
// # What it is not good for
//
// It is no evidence that a classifier works on real news: there are a few
// thousand templates and words where language has no end, the topics are
// about as far apart as their author made them, drift and bursts follow the
// formulas above. It is no corpus for language models. Compare guarantees,
// throughput, memory and windows on it; compare classifiers on real data.
//
// # Limits
//
// Memory does not grow with the length of the stream: the vocabulary is
// bounded ([PlacesMax], [PeoplePerTopicMax], [OrganisationsPerTopicMax]), as
// are the stories alive at a time ([StoriesMax]). The stream ends at
// [DocumentsMax], before event times leave what RFC 3339 can write.
package sample
