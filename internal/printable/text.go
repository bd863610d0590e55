// Package printable makes what others chose fit to be read: on a terminal, in the log of a CI, in
// an answer to kubectl. A name with a line break in it would begin a line of its own, which a CI
// may take for a command; an escape moves the cursor over what was said; a mark for the direction
// of text shows it in another order.
//
// Text is for what is said within a line, where it is put together: it leaves no line break. Writer
// is for all that a program writes: it leaves those, which are the program's own by then.
//
// What cannot be printed becomes \u001b or \xff. Text that was made so stays as
// it is, and so do the letters of every language.
package printable

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Text is a text in one line.
func Text(text string) string {
	if isPlain(text) {
		return text
	}
	return string(appendText(make([]byte, 0, len(text)+16), text))
}

// Append appends a text in one line.
func Append(b []byte, text string) []byte {
	if isPlain(text) {
		return append(b, text...)
	}
	return appendText(b, text)
}

// From puts what was appended from a place on into one line.
func From(b []byte, from int) []byte {
	if isPlain(b[from:]) {
		return b
	}
	return appendText(b[:from:from], string(b[from:]))
}

// Error is an error that says what it says in one line.
func Error(err error) error {
	if err == nil || isPlain(err.Error()) {
		return err
	}
	return &printableError{err}
}

type printableError struct{ error }

func (e *printableError) Error() string { return Text(e.error.Error()) }

func (e *printableError) Unwrap() error { return e.error }

// isPlain tells whether a text is of printable ASCII alone, as nearly all are.
func isPlain[T string | []byte](text T) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

func appendText(b []byte, text string) []byte {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		b = appendRune(b, r, text[i:i+size])
		i += size
	}
	return b
}

// appendRune appends a letter, or how it is written in JSON, so that JSON stays
// what it is. Nothing in JSON is not valid UTF-8.
func appendRune(b []byte, r rune, encoded string) []byte {
	switch {
	case r == utf8.RuneError && len(encoded) == 1:
		return fmt.Appendf(b, `\x%02x`, encoded[0])
	case r == '\n':
		return append(b, `\n`...)
	case strconv.IsPrint(r) && !isBlank(r):
		return append(b, encoded...)
	case r > 0xFFFF:
		high, low := utf16.EncodeRune(r)
		return fmt.Appendf(b, `\u%04x\u%04x`, high, low)
	default:
		return fmt.Appendf(b, `\u%04x`, r)
	}
}

// isBlank tells whether something counts as a letter and shows nothing: the
// fillers of Hangul, the joiner of graphemes.
func isBlank(r rune) bool {
	switch r {
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0:
		return true
	}
	return false
}
