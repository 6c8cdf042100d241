package features

// EnglishWords returns the words of a text, one by one and uncut.
func EnglishWords(text []byte) (out []string) {
	new(english).words(text, func(word []byte) bool {
		out = append(out, string(word))
		return true
	})
	return out
}
