package workload

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// Functions here walk JSON that the decoder has already found valid and free of
// duplicate names, so they need not check it. They answer one question, whether
// the document that was sent has a member, for about a nanosecond a byte; the
// typed object cannot tell an absent struct from an empty one.

// holds tells whether the value at p is there and not null.
func holds(doc []byte, p *Path) bool {
	value, found := find(doc, p)
	return found && len(value) > 0 && value[0] != 'n'
}

func find(doc []byte, p *Path) ([]byte, bool) {
	if p == nil {
		return doc, true
	}
	parent, found := find(doc, p.parent)
	switch {
	case !found:
		return nil, false
	case p.kind == item:
		return elementOf(parent, int(p.index))
	default:
		return memberOf(parent, p.name)
	}
}

func memberOf(object []byte, name string) ([]byte, bool) {
	i := skipSpace(object, 0)
	if i >= len(object) || object[i] != '{' {
		return nil, false
	}
	for i = skipSpace(object, i+1); i < len(object) && object[i] == '"'; {
		end := skipString(object, i)
		found := equals(object[i:end], name)
		i = skipSpace(object, end) // the colon
		i = skipSpace(object, i+1) // the value
		end = skipValue(object, i)
		if found {
			return object[i:end], true
		}
		i = skipSpace(object, end) // a comma, or the end
		if i < len(object) && object[i] == ',' {
			i = skipSpace(object, i+1)
		}
	}
	return nil, false
}

func elementOf(array []byte, index int) ([]byte, bool) {
	i := skipSpace(array, 0)
	if i >= len(array) || array[i] != '[' {
		return nil, false
	}
	for i = skipSpace(array, i+1); i < len(array) && array[i] != ']'; index-- {
		end := skipValue(array, i)
		if index == 0 {
			return array[i:end], true
		}
		i = skipSpace(array, end) // a comma, or the end
		if i < len(array) && array[i] == ',' {
			i = skipSpace(array, i+1)
		}
	}
	return nil, false
}

func equals(quoted []byte, name string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == name
	}
	unquoted, err := jsontext.AppendUnquote(nil, quoted)
	return err == nil && string(unquoted) == name
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index after the string that starts at i.
func skipString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return len(b)
		}
		i += j
		backslashes := 0
		for b[i-1-backslashes] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return i + 1
		}
	}
	return len(b)
}

// skipValue returns the index after the value that starts at i.
func skipValue(b []byte, i int) int {
	for depth := 0; i < len(b); {
		switch b[i] {
		case '"':
			i = skipString(b, i)
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\t', '\r':
			i++
			continue
		default: // a number or a literal
			for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
				i++
			}
		}
		if depth == 0 {
			return i
		}
	}
	return len(b)
}
