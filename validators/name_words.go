package validators

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// nameWords are words to look for in names, by the byte that they begin with.
// They are looked for by hand: the environment of a Pod has many names, and a
// regular expression costs more than all other checks of the container.
type nameWords [256][]string

func parseNameWords(texts []string, at *field.Path) (words *nameWords, mistakes field.ErrorList) {
	words = &nameWords{}
	if len(texts) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a word"))
	}
	for i, text := range texts {
		word := strings.Map(func(r rune) rune {
			if r < 0x80 && isSeparator(byte(r)) {
				return -1
			}
			return r
		}, strings.ToLower(text))
		if strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789*") != "" || word == "" || strings.Trim(word, "*") != word {
			mistakes = append(mistakes, field.Invalid(at.Index(i), text, "must be a word of letters and digits, such as api_key or azure_*_key"))
			continue
		}
		for first := range words {
			if lower(byte(first)) == word[0] {
				words[first] = append(words[first], word)
			}
		}
	}
	return words, mistakes
}

// in tells whether one of the words is in a name, as the end of a part of it:
// token is in AUTH_TOKEN, authToken and TOKEN_2, and not in TOKENIZER. A star within a word stands
// for anything. It answers what follows the last one, but for a number.
func (ws *nameWords) in(name string) (rest string, found bool) {
	last := -1
	for start := range len(name) {
		for _, word := range ws[name[start]] {
			last = max(last, wordEnd(name, start, word))
		}
	}
	if last < 0 {
		return "", false
	}
	return strings.TrimLeft(name[last:], "_-.0123456789"), true
}

// wordEnd is where a word that begins at start ends in name, or -1.
func wordEnd(name string, start int, word string) int {
	i, matched := start, 0
	for i < len(name) && matched < len(word) {
		switch {
		case word[matched] == '*':
			return lastEnd(name, i, word[matched+1:])
		case lower(name[i]) == word[matched]:
			matched++
		case matched == 0 || !isSeparator(name[i]):
			return -1
		}
		i++
	}
	if matched < len(word) || i < len(name) && isLetter(name[i]) && isUpper(name[i]) == isUpper(name[i-1]) {
		return -1
	}
	return i
}

// lastEnd is where a word ends last that begins at start or later, or -1.
func lastEnd(name string, start int, word string) int {
	last := -1
	for ; start < len(name); start++ {
		last = max(last, wordEnd(name, start, word))
	}
	return last
}

func isSeparator(c byte) bool { return c == '_' || c == '-' || c == '.' }

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

func isLetter(c byte) bool { return lower(c) >= 'a' && lower(c) <= 'z' }

func lower(c byte) byte {
	if isUpper(c) {
		return c + 'a' - 'A'
	}
	return c
}
