package skim

import (
	"encoding/binary"
	"math/bits"

	"github.com/go-json-experiment/json/jsontext"
)

// member is what the name of a member says about its value.
type member byte

const (
	other      member = iota
	request           // of the review
	uid               // of the request
	containers        // a list of them
)

// named tells which member a quoted name is. It may be written with escapes, and
// is the same to the decoder then.
func (s *scan) named(quoted []byte, escaped bool) member {
	if len(quoted) < 2 {
		return other
	}
	name := quoted[1 : len(quoted)-1]
	if escaped {
		const longest = len("ephemeralContainers") * len(`\u0065`)
		if len(name) > longest {
			return other
		}
		var onStack [longest]byte
		name, _ = jsontext.AppendUnquote(onStack[:0], quoted)
	}
	switch string(name) {
	case "containers", "initContainers", "ephemeralContainers":
		return containers
	case "request":
		if s.depth == 1 {
			return request
		}
	case "uid":
		return uid
	}
	return other
}

func unquoted(quoted []byte) string {
	text, _ := jsontext.AppendUnquote(nil, quoted)
	return string(text)
}

// Eight bytes at a time: of a string, most are neither quote nor backslash.
const (
	ones        = 0x0101010101010101
	highBits    = 0x80 * ones
	quotes      = '"' * ones
	backslashes = '\\' * ones
)

// stringEnd returns the index after the string that starts at i, and whether it
// has escapes. The string has no end where the index is past the text's.
func stringEnd(text []byte, i int) (end int, escaped bool) {
	for i++; i < len(text); {
		if i+8 <= len(text) {
			word := binary.LittleEndian.Uint64(text[i:])
			q, b := word^quotes, word^backslashes
			found := ((q - ones) &^ q & highBits) | ((b - ones) &^ b & highBits)
			if found == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(found) / 8
		}
		switch text[i] {
		case '"':
			return i + 1, escaped
		case '\\':
			escaped = true
			i += 2
		default:
			i++
		}
	}
	return len(text) + 1, escaped
}

// wordEnd returns the index after the number or the literal that starts at i.
func wordEnd(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case ',', '}', ']', ' ', '\n', '\t', '\r', ':', '"', '{', '[':
			return i
		}
	}
	return i
}
