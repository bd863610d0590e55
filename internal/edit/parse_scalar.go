package edit

import (
	"bytes"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
)

// scalarEnd is behind the text of a scalar that begins at start.
func (p *yamlParser) scalarEnd(y *yamlv3.Node, start, indent int) (int, error) {
	switch p.text[start] {
	case '"':
		return quotedEnd(p.text, start), nil
	case '\'':
		return singleQuotedEnd(p.text, start), nil
	case '|', '>':
		return p.blockEnd(start, indent), nil
	}
	// A plain scalar is its text, over several lines where there are spaces.
	at := start
	for _, r := range y.Value {
		if r == ' ' || r == '\n' || r == '\t' {
			continue
		}
		for at < len(p.text) && isSpace(p.text[at]) {
			at++
		}
		is, size := utf8.DecodeRune(p.text[min(at, len(p.text)):])
		if is != r {
			return 0, p.cannot(start)
		}
		at += size
	}
	return at, nil
}

func singleQuotedEnd(text []byte, start int) int {
	for i := start + 1; i < len(text); i++ {
		if text[i] != '\'' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			i++
			continue
		}
		return i + 1
	}
	return len(text)
}

// blockEnd is the end of the last line of a block of text. Blank lines after it belong to it where
// it keeps them.
func (p *yamlParser) blockEnd(start, indent int) int {
	end := lineEnd(p.text, start)
	header, _, _ := bytes.Cut(p.text[start:end], []byte("#"))
	keeps := bytes.IndexByte(header, '+') >= 0
	deep := 0 // how far the text is indented
	if i := bytes.IndexAny(header, "123456789"); i >= 0 {
		deep = max(indent, 0) + int(header[i]-'0')
	}
	for at := nextLine(p.text, end); at < len(p.text); {
		lineEnds := lineEnd(p.text, at)
		line := p.text[at:lineEnds]
		spaces := len(line) - len(bytes.TrimLeft(line, " "))
		blank := spaces == len(line)
		if !blank && deep == 0 {
			deep = max(spaces, indent+1, 1)
		}
		if !blank && spaces < deep {
			break
		}
		if !blank || keeps || spaces > deep && deep > 0 {
			end = lineEnds
		}
		at = nextLine(p.text, lineEnds)
	}
	return end
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func lineStart(text []byte, at int) int { return bytes.LastIndexByte(text[:at], '\n') + 1 }

// lineEnd is where the line ends, before what marks the end.
func lineEnd(text []byte, at int) int {
	end := bytes.IndexByte(text[at:], '\n')
	if end < 0 {
		return len(text)
	}
	if end += at; end > at && text[end-1] == '\r' {
		end--
	}
	return end
}

// nextLine is behind the mark of a line's end.
func nextLine(text []byte, end int) int {
	if bytes.HasPrefix(text[end:], []byte("\r\n")) {
		return end + 2
	}
	return min(end+1, len(text))
}
