package block

import (
	"bytes"
	"slices"

	yamlv3 "go.yaml.in/yaml/v3"
)

// key is the key of a mapping. Its text ends with the colon, at end.
type key struct {
	text  string
	style yamlv3.Style
	end   int
}

// keyAt is the key at a byte of the line, or nil.
func (p *parser) keyAt(at int) *key {
	rest := p.line[at:]
	if len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'') {
		text, style, length, ok := quoted(rest)
		if !ok || !isColon(rest[length:]) {
			return nil
		}
		return &key{text, style, at + length + 1}
	}
	length := 0
	for length < len(rest) && isOfKey[rest[length]] {
		length++
	}
	if length == 0 || !isColon(rest[length:]) || rest[0] == '-' && length == 1 {
		return nil
	}
	text := string(rest[:length])
	if resolve(text) != "" { // true or 8080: its text is another then
		return nil
	}
	return &key{text: text, end: at + length + 1}
}

// isColon tells whether a text begins with the colon that ends a key.
func isColon(text []byte) bool {
	return len(text) > 0 && text[0] == ':' && (len(text) == 1 || text[1] == ' ')
}

// isOfKey are the bytes of plain keys: those that mean nothing anywhere in a plain scalar. Slashes
// and dots are those of labels.
var isOfKey = func() (set [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./$") {
		set[c] = true
	}
	return set
}()

// keySet finds keys that are there twice. Most mappings are small.
type keySet struct {
	few  []string
	many map[string]bool
}

func (s *keySet) add(key string) (isNew bool) {
	if s.many != nil {
		if s.many[key] {
			return false
		}
		s.many[key] = true
		return true
	}
	if slices.Contains(s.few, key) {
		return false
	}
	if s.few = append(s.few, key); len(s.few) > 16 {
		s.many = map[string]bool{}
		for _, one := range s.few {
			s.many[one] = true
		}
	}
	return true
}

// readable tells whether there are none but characters that mean the same to everybody.
func readable(data []byte) bool {
	for i, c := range data {
		switch {
		case c < ' ' && c != '\n' && c != '\t', c == 0x7F:
			return false
		case c == 0xC2 && i+1 < len(data) && data[i+1] < 0xA0: // controls, and a line end
			return false
		case c == 0xE2 && bytes.HasPrefix(data[i:], []byte("\u2028")), c == 0xE2 && bytes.HasPrefix(data[i:], []byte("\u2029")):
			return false
		case c == 0xEF && i+1 < len(data) && data[i+1] >= 0xBB: // a byte order mark, and no characters
			return false
		case c >= 0xF4:
			return false
		}
	}
	return true
}
