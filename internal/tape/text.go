package tape

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// form is how a string is written.
type form uint8

const (
	// escaped tells that there is a backslash in it.
	escaped form = 1 << iota
	// respelled tells that it has an escape where there need be none, or not this one.
	respelled
)

func (f form) what() uint32 { return uint32(String) | uint32(f&escaped)*escapeBit }

// Eight bytes at a time.
const (
	ones        = 0x0101010101010101
	highBits    = 0x80 * ones
	spaces      = 0x20 * ones
	quotes      = '"' * ones
	backslashes = '\\' * ones
)

// special has the high bit of the first byte that is a quote, a backslash or a control character.
// Bytes above that one may be marked too.
func special(word uint64) uint64 {
	q, b := word^quotes, word^backslashes
	return ((q-ones)&^q | (b-ones)&^b | (word-spaces)&^word) & highBits
}

// scanString answers where the string that starts at i ends, and how it is written.
func scanString(text []byte, i int) (end int, as form) {
	start := i + 1
	var all uint64 // the bits of all bytes
	for i = start; i < len(text); {
		if i+8 <= len(text) {
			word := binary.LittleEndian.Uint64(text[i:])
			found := special(word)
			if found == 0 {
				all |= word
				i += 8
				continue
			}
			all |= word & (found&-found - 1)
			i += bits.TrailingZeros64(found) / 8
		}
		switch c := text[i]; {
		case c == '"':
			if all&highBits != 0 && !utf8.Valid(text[start:i]) {
				return no, 0
			}
			return i + 1, as
		case c == '\\':
			length, how := escape(text[i:])
			if length == no {
				return no, 0
			}
			as |= how
			i += length
		case c < ' ':
			return no, 0
		default:
			all |= uint64(c)
			i++
		}
	}
	return no, 0
}

// escape answers how long the escape is that a text begins with. One of a surrogate is not taken.
func escape(text []byte) (length int, as form) {
	if len(text) < 2 {
		return no, 0
	}
	switch text[1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		return 2, escaped
	case '/':
		return 2, escaped | respelled
	case 'u':
		if _, ok := hex(text[2:]); ok {
			return 6, escaped | respelled
		}
	}
	return no, 0
}

// hex reads four digits.
func hex(text []byte) (r rune, ok bool) {
	if len(text) < 4 {
		return 0, false
	}
	for _, c := range text[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, utf8.ValidRune(r)
}

// appendUnescaped appends what a string with escapes, which was read, says.
func appendUnescaped(b, inner []byte) []byte {
	for i := 0; i < len(inner); {
		c := inner[i]
		if c != '\\' {
			b = append(b, c)
			i++
			continue
		}
		switch c = inner[i+1]; c {
		case 'u':
			r, _ := hex(inner[i+2:])
			b = utf8.AppendRune(b, r)
			i += 6
			continue
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		}
		b = append(b, c)
		i += 2
	}
	return b
}

// chunkBytes is what short strings share. Who keeps one of them keeps no more than that.
const chunkBytes, shortBytes = 1 << 10, 128

// builder makes strings, short ones many at a time.
type builder struct {
	chunk   strings.Builder
	scratch []byte
}

func (b *builder) make(text []byte) string {
	if len(text) > shortBytes {
		return string(text)
	}
	if b.chunk.Cap()-b.chunk.Len() < len(text) {
		b.chunk.Reset()
		b.chunk.Grow(chunkBytes)
	}
	from := b.chunk.Len()
	b.chunk.Write(text)
	return b.chunk.String()[from:]
}

// string makes the string at a node.
func (t *Tape) string(at int) string {
	inner := t.inner(at)
	if t.nodes[at].escaped() {
		t.built.scratch = appendUnescaped(t.built.scratch[:0], inner)
		inner = t.built.scratch
	}
	return t.built.make(inner)
}
