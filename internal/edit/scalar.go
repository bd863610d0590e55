package edit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// scalar is a scalar in one line. Quote is the mark to quote a string with, if it is to be quoted.
func (w *writer) scalar(data any, inFlow bool, quote byte) string {
	s, is := data.(string)
	if !is || w.json {
		return quoteJSON(data)
	}
	switch {
	case quote == 0 && isPlain(s, inFlow):
		return s
	case quote == '\'' && isPrintable(s):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	default:
		return quoteJSON(s)
	}
}

// quoteJSON writes JSON, all of which is YAML, too.
func quoteJSON(data any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(data) != nil {
		return "null" // what was read as JSON can be written as such
	}
	return unprintable.ReplaceAllStringFunc(strings.TrimSuffix(b.String(), "\n"), func(s string) string {
		return fmt.Sprintf(`\u%04x`, []rune(s)[0])
	})
}

// unprintable is what JSON takes and YAML does not, or takes for a line end.
var unprintable = regexp.MustCompile(`[\x{7f}-\x{9f}\x{feff}\x{fffe}\x{ffff}]`)

// quote is the mark that a scalar is quoted with, or 0.
func (n *node) quote(text []byte) byte {
	if n.kind == scalar && n.content < n.end && (text[n.content] == '"' || text[n.content] == '\'') {
		return text[n.content]
	}
	return 0
}

func isPrintable(s string) bool {
	for _, r := range s {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == utf8.RuneError {
			return false
		}
	}
	return true
}

var (
	plainText = regexp.MustCompile(`^[A-Za-z0-9_./+$-][A-Za-z0-9_./+@=%^~$;():-]*(?: [A-Za-z0-9_./+@=%^~$;():-]+)*$`)
	// numeric is whatever YAML 1.1 could read as a number or a date, and more: hexadecimal, octal,
	// binary, sexagesimal, with exponents and underscores.
	numeric = regexp.MustCompile(`^[-+.0-9][-+.:_0-9a-fA-FxXobBTtZz ]*$`)
	// reserved are words that are no strings, be it only to some.
	reserved = regexp.MustCompile(`(?i)^(?:y|n|yes|no|on|off|true|false|null|[-+]?\.inf|\.nan)$`)
)

// isPlain tells whether a string needs no quotes, whatever reads it.
func isPlain(s string, inFlow bool) bool {
	switch {
	case !plainText.MatchString(s), numeric.MatchString(s), reserved.MatchString(s):
		return false
	case strings.HasSuffix(s, ":"), strings.Contains(s, ": "), strings.HasPrefix(s, "- "), inFlow && strings.Contains(s, ":"):
		return false
	}
	return true
}

// isText tells whether a string is better written in lines.
func isText(s string) bool {
	if !strings.Contains(strings.TrimRight(s, "\n"), "\n") {
		return false
	}
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		if !isPrintable(strings.ReplaceAll(line, "\t", "")) || strings.TrimRight(line, " \t") != line {
			return false
		}
	}
	return s[0] != ' ' && s[0] != '\n' && s[0] != '\t'
}

// textBlock is a string in lines, below a key in a column.
func (w *writer) textBlock(s string, column int) string {
	body := strings.TrimRight(s, "\n")
	var b strings.Builder
	b.WriteByte('|')
	switch len(s) - len(body) {
	case 0:
		b.WriteByte('-')
	case 1:
	default:
		b.WriteByte('+')
	}
	indent := spaces(max(column, 0) + 2)
	for line := range strings.SplitSeq(body, "\n") {
		b.WriteString(w.newline())
		if line != "" {
			b.WriteString(indent + line)
		}
	}
	for range len(s) - len(body) - 1 {
		b.WriteString(w.newline())
	}
	return b.String()
}

// textEnds tells whether a block of text would end where it is to: a comment that comes to follow it,
// or a blank line where those are kept, would be part of it. At the end of a file without a line end
// the last one of the text would be lost.
func (w *writer) textEnds(keeps bool) bool {
	if w.at < 0 {
		return false
	}
	rest := w.text[w.at:]
	end := lineEnd(rest, 0)
	return bytes.HasSuffix(w.text, []byte("\n")) && len(bytes.TrimSpace(rest[:end])) == 0 &&
		!commentLine.Match(rest) && (!keeps || !blankLine.Match(rest[end:]))
}

var (
	commentLine = regexp.MustCompile(`(?m)^[ \t]*#`)
	blankLine   = regexp.MustCompile(`\n[ \t\r]*\n`)
)
