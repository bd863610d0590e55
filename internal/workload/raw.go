package workload

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// Functions here walk JSON that the decoder has already found valid and free of
// duplicate names, so they need not check it. They answer one question, whether
// the document that was sent has a member, for about a nanosecond a byte; the
// typed object cannot tell an absent struct from an empty one.

// source is the document that was sent. It remembers where the items of a list
// begin: a Pod of 8,000 containers is asked about each of them, and to walk to
// each from the start of the document would take a minute.
type source struct {
	doc   []byte
	lists []listIndex
}

// listIndex is where the items of a list begin in the document.
type listIndex struct {
	path   *Path
	starts []int
}

// fewItems is for how many items an index takes memory at first.
const fewItems = 8

// holds tells whether the value at p is there and not null.
func (s *source) holds(p *Path) bool {
	value, found := s.find(p)
	return found && len(value) > 0 && value[0] != 'n'
}

// find answers what follows the start of the value at p, which may be more than the value.
func (s *source) find(p *Path) ([]byte, bool) {
	if p == nil {
		return s.doc, true
	}
	if p.kind == item {
		starts := s.starts(p.parent)
		if p.index < 0 || int(p.index) >= len(starts) {
			return nil, false
		}
		return s.doc[starts[p.index]:], true
	}
	parent, found := s.find(p.parent)
	if !found {
		return nil, false
	}
	return memberOf(parent, p.name)
}

// starts is where the items of the list at p begin, found out once.
func (s *source) starts(p *Path) []int {
	for i := range s.lists {
		if s.lists[i].path.equal(p) {
			return s.lists[i].starts
		}
	}
	list, found := s.find(p)
	var starts []int
	if found {
		starts = elementsOf(list, len(s.doc)-len(list))
	}
	s.lists = append(s.lists, listIndex{p, starts})
	return starts
}

// memberOf answers what follows the start of a member's value. An object ends where its parent goes
// on, so that a member that is not there is not looked for any further.
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
		if found {
			return object[i:], true
		}
		i = skipSpace(object, skipValue(object, i)) // a comma, or the end
		if i < len(object) && object[i] == ',' {
			i = skipSpace(object, i+1)
		}
	}
	return nil, false
}

// elementsOf is where the items of an array begin, counted from base before it.
func elementsOf(array []byte, base int) []int {
	i := skipSpace(array, 0)
	if i >= len(array) || array[i] != '[' {
		return nil
	}
	starts := make([]int, 0, fewItems)
	for i = skipSpace(array, i+1); i < len(array) && array[i] != ']'; {
		starts = append(starts, base+i)
		i = skipSpace(array, skipValue(array, i)) // a comma, or the end
		if i < len(array) && array[i] == ',' {
			i = skipSpace(array, i+1)
		}
	}
	return starts
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
