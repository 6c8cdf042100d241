package catalogue

// Events is what --from calls the day pages; the data set has a longer name.
const (
	Events      = "current-events"
	eventsEntry = "wikipedia-current-events"
)

// Entries are all data sets, in the order of their names. Sizes and checksums
// are as published by whom the table names; none was made up.
func Entries() []Entry {
	return []Entry{twentyNewsgroups(), agNews(), lenta(), reuters(), currentEvents()}
}

func twentyNewsgroups() Entry {
	const archive = "20news-bydate.tar.gz"
	return Entry{
		Name:      "20-newsgroups",
		Title:     "20 Newsgroups, by date",
		About:     "Usenet posts to twenty groups, cross-posts left out, in the official split by date. An archive of a folder for each group: sorted by label, so read it with --shuffle.",
		Documents: 18846, Labels: 20, Language: "English",
		Terms: "No licence is stated; the posts belong to their authors, and research has used them since 1995.", TermsURL: "http://qwone.com/~jason/20Newsgroups/",
		Cite: "K. Lang: NewsWeeder: learning to filter netnews. ICML 1995, pp. 331-339.", Home: "http://qwone.com/~jason/20Newsgroups/",
		Files: []File{{
			Name: archive,
			URLs: []string{
				"https://ndownloader.figshare.com/files/5975967",
				"http://qwone.com/~jason/20Newsgroups/20news-bydate.tar.gz",
				"https://people.csail.mit.edu/jrennie/20Newsgroups/20news-bydate.tar.gz",
			},
			Bytes: 14_464_277, SHA256: "8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610",
			Source: "scikit-learn (sklearn.datasets.fetch_20newsgroups); the size by Hugging Face datasets (newsgroup)",
		}},
		Parts: []Part{
			{Name: "train", Documents: 11314, File: archive, Folder: "20news-bydate-train"},
			{Name: "test", Documents: 7532, File: archive, Folder: "20news-bydate-test"},
		},
	}
}

func agNews() Entry {
	const folder, source = "https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/master/data/ag_news_csv/", "Hugging Face datasets (ag_news); torchtext fetches the same files"
	return Entry{
		Name:      "ag-news",
		Title:     "AG News",
		About:     "Titles and descriptions of news, gathered from more than 2,000 sources from 2004 on, in the four largest classes. No times.",
		Documents: 127_600, Labels: 4, Language: "English",
		Terms: "For research and any other non-commercial activity.", TermsURL: "http://groups.di.unipi.it/~gulli/AG_corpus_of_news_articles.html",
		Cite: "X. Zhang, J. Zhao, Y. LeCun: Character-level convolutional networks for text classification. NIPS 2015.", Home: "https://github.com/mhjabreel/CharCnn_Keras",
		Files: []File{
			{
				Name: "train.csv", URLs: []string{folder + "train.csv"},
				Bytes: 29_470_338, SHA256: "76a0a2d2f92b286371fe4d4044640910a04a803fdd2538e0f3f29a5c6f6b672e", Source: source,
			},
			{
				Name: "test.csv", URLs: []string{folder + "test.csv"},
				Bytes: 1_857_427, SHA256: "521465c2428ed7f02f8d6db6ffdd4b5447c1c701962353eb2c40d548c3c85699", Source: source,
			},
		},
		Parts: []Part{{Name: "train", Documents: 120_000, File: "train.csv"}, {Name: "test", Documents: 7600, File: "test.csv"}},
	}
}

func lenta() Entry {
	return Entry{
		Name:      "lenta-ru",
		Title:     "News of Lenta.ru",
		About:     "Articles of the Russian news site Lenta.ru from August 1999 to December 2018, with its topics as labels; version 1.0 of the collection.",
		Documents: 739_351, Language: "Russian",
		Terms: "The collection states no licence; the articles belong to Lenta.ru. Ask before you publish any of them.", TermsURL: "https://github.com/yutkin/Lenta.Ru-News-Dataset",
		Cite: "yutkin: Corpus of news articles of Lenta.Ru, 2018.", Home: "https://github.com/yutkin/Lenta.Ru-News-Dataset",
		Files: []File{{
			Name: "lenta-ru-news.csv.gz", URLs: []string{"https://github.com/yutkin/Lenta.Ru-News-Dataset/releases/download/v1.0/lenta-ru-news.csv.gz"},
			About: 502 << 20, Source: "the collection's own page, roughly",
		}},
	}
}

func reuters() Entry {
	return Entry{
		Name:      "reuters-21578",
		Title:     "Reuters-21578, distribution 1.0",
		About:     "Newswire stories of 1987 with the time to a hundredth of a second; 11,367 have a topic, which is the label, 1,873 of these several. An archive of SGML.",
		Documents: 21_578, Labels: 82, Language: "English",
		Terms: "Free for research purposes only, by Reuters and Carnegie Group, who hold the copyright; name the collection where you publish.", TermsURL: "https://kdd.ics.uci.edu/databases/reuters21578/README.txt",
		Cite: "D. D. Lewis: Reuters-21578 text categorization test collection, distribution 1.0. AT&T Labs - Research, 1997.", Home: "https://kdd.ics.uci.edu/databases/reuters21578/reuters21578.html",
		Files: []File{{
			Name: "reuters21578.tar.gz",
			URLs: []string{
				"https://kdd.ics.uci.edu/databases/reuters21578/reuters21578.tar.gz",
				"https://archive.ics.uci.edu/ml/machine-learning-databases/reuters21578-mld/reuters21578.tar.gz",
				"http://www.daviddlewis.com/resources/testcollections/reuters21578/reuters21578.tar.gz",
			},
			Bytes: 8_150_596, SHA256: "3bae43c9b14e387f76a61b6d82bf98a4fb5d3ef99ef7e7075ff2ccbcf59f9d30",
			Source: "Hugging Face datasets (reuters21578), and scikit-learn's example of out-of-core classification",
		}},
	}
}

func currentEvents() Entry {
	return Entry{
		Name:     eventsEntry,
		Title:    "Wikipedia's Portal:Current events",
		About:    "What happened, a page a day, filed by people under headings, which are the labels. Fetched day by day for the range that is asked for, and kept: 50 days a request.",
		Labels:   10,
		Language: "English",
		Terms:    "CC BY-SA 4.0, Wikipedia contributors; what was written before June 2023 is under CC BY-SA 3.0.",
		TermsURL: "https://creativecommons.org/licenses/by-sa/4.0/",
		Cite:     "Wikipedia contributors: Portal:Current events. Wikipedia, the free encyclopedia.",
		Home:     "https://en.wikipedia.org/wiki/Portal:Current_events",
	}
}
