package printable

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Writer writes text as it can be read, line by line. It also keeps a line from
// being taken for a command by what runs the program: those of GitHub begin with
// two colons or hold ##[, those of Azure and TeamCity hold ##vso[ or ##teamcity[.
type Writer struct {
	out io.Writer
	// begins says that nothing but blanks is in the line yet.
	begins  bool
	colon   bool   // ends in the first colon of the line
	hashes  int    // how many # it ends in
	partial []byte // a letter that has not been written whole
}

// NewWriter makes a Writer to another.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out, begins: true} }

// Unwrap is what it writes to.
func (w *Writer) Unwrap() io.Writer { return w.out }

// Write writes a text.
func (w *Writer) Write(p []byte) (int, error) {
	text := append(w.partial, p...)
	w.partial = nil
	b := make([]byte, 0, len(text))
	for len(text) > 0 {
		if n := w.plain(text); n > 0 {
			b, text = append(b, text[:n]...), text[n:]
			continue
		}
		if !utf8.FullRune(text) {
			w.partial = append([]byte(nil), text...)
			break
		}
		r, size := utf8.DecodeRune(text)
		b = w.append(b, r, text[:size])
		text = text[size:]
	}
	if _, err := w.out.Write(b); err != nil {
		return 0, err
	}
	return len(p), nil
}

// plain is how long a text begins with letters of ASCII that can neither begin nor end a command
// where they are: most of all there is to write.
func (w *Writer) plain(text []byte) (n int) {
	if w.colon || w.hashes > 0 || w.begins {
		return 0
	}
	for n < len(text) && text[n] >= ' ' && text[n] < 0x7F && text[n] != '#' {
		n++
	}
	return n
}

func (w *Writer) append(b []byte, r rune, encoded []byte) []byte {
	command := w.colon && r == ':' || w.hashes >= 2 && (r == '[' || 'a' <= r && r <= 'z')
	begins := w.begins
	w.begins = r == '\n' || begins && (r == ' ' || r == '\t')
	w.colon = begins && r == ':'
	if w.hashes++; r != '#' {
		w.hashes = 0
	}
	switch {
	case command:
		return append(b, escaped(r)...)
	case r == '\n' || r == '\t':
		return append(b, encoded...)
	default:
		return appendRune(b, r, string(encoded))
	}
}

// Within is a text as a Writer writes it that has begun a line, for whoever counts its letters.
func Within(text string) string {
	if !strings.Contains(text, "##") {
		return Text(text)
	}
	var b strings.Builder
	w := Writer{out: &b}
	_, _ = io.WriteString(&w, Text(text))
	return b.String()
}

// escaped is how a letter is written that could be printed.
func escaped(r rune) string {
	const digits = "0123456789abcdef"
	return `\u00` + string([]byte{digits[r>>4&15], digits[r&15]})
}
