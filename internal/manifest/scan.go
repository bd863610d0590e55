package manifest

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
)

// endOf is where a node ends that begins at an offset: the parser tells where nodes begin, and no more.
// It has read the document, so what is scanned here is well formed; whatever it is, the end is within
// the document.
func endOf(data []byte, at int, node *yamlv3.Node) int {
	at = skipProperties(data, at)
	if at >= len(data) {
		return len(data)
	}
	switch data[at] {
	case '"':
		return quotedEnd(data, at)
	case '\'':
		return singleQuotedEnd(data, at)
	case '|', '>':
		return blockEnd(data, at)
	case '{', '[':
		return flowEnd(data, at)
	case '*':
		return wordEnd(data, at)
	}
	return plainEnd(data, at, node.Value)
}

// skipProperties leaves out anchors and tags.
func skipProperties(data []byte, at int) int {
	for at < len(data) && (data[at] == '&' || data[at] == '!') {
		at = wordEnd(data, at)
		for at < len(data) && bytes.IndexByte([]byte(" \t\r\n"), data[at]) >= 0 {
			at++
		}
	}
	return at
}

func wordEnd(data []byte, at int) int {
	for at < len(data) && bytes.IndexByte([]byte(" \t\r\n,]}"), data[at]) < 0 {
		at++
	}
	return at
}

func quotedEnd(data []byte, at int) int {
	for at++; at < len(data); at++ {
		switch data[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(data)
}

func singleQuotedEnd(data []byte, at int) int {
	for at++; at < len(data); at++ {
		if data[at] != '\'' {
			continue
		}
		if at+1 == len(data) || data[at+1] != '\'' {
			return at + 1
		}
		at++
	}
	return len(data)
}

// blockEnd is the end of the last line of a block that is not blank.
func blockEnd(data []byte, at int) int {
	header, rest, _ := bytes.Cut(data[at:], []byte("\n"))
	end := at + len(bytes.TrimRight(header, " \t\r"))
	next, indent := at+len(header)+1, -1
	for line := range bytes.Lines(rest) {
		text := bytes.TrimRight(line, " \t\r\n")
		spaces := len(line) - len(bytes.TrimLeft(line, " "))
		switch {
		case len(text) == 0:
		case indent < 0 && spaces > 0:
			indent = spaces
			end = next + len(text)
		case indent >= 0 && spaces >= indent:
			end = next + len(text)
		default:
			return end
		}
		next += len(line)
	}
	return end
}

// flowEnd is behind the bracket that closes the first one.
func flowEnd(data []byte, at int) int {
	depth := 0
	for at < len(data) {
		switch data[at] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		case '"', '\'':
			if !begins(data, at) {
				break // within a word
			}
			if data[at] == '"' {
				at = quotedEnd(data, at)
			} else {
				at = singleQuotedEnd(data, at)
			}
			continue
		case '#':
			if at > 0 && unicode.IsSpace(rune(data[at-1])) {
				for at < len(data) && data[at] != '\n' {
					at++
				}
				continue
			}
		}
		at++
	}
	return len(data)
}

// begins tells whether a quote begins a value, and is not part of one without quotes.
func begins(data []byte, at int) bool {
	return at == 0 || bytes.IndexByte([]byte(" \t\r\n{[,:"), data[at-1]) >= 0
}

// plainEnd is behind the last letter of a value without quotes: only how blanks and line ends are
// written differs from the value.
func plainEnd(data []byte, at int, value string) int {
	end := at
	for _, want := range value {
		if unicode.IsSpace(want) {
			continue
		}
		for at < len(data) {
			r, size := utf8.DecodeRune(data[at:])
			at += size
			if r == want {
				end = at
				break
			}
			if !unicode.IsSpace(r) {
				return end
			}
		}
	}
	return end
}
