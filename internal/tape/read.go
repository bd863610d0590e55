package tape

import "slices"

// no says that a text, or what is left of it, is not taken.
const no = -1

// Read reads a text, of which the Tape keeps where its values are: it must not change until the next
// one is read.
func (t *Tape) Read(text []byte) bool { return t.read(text, maxNodes) }

// ReadLarge reads a text of which Read found that it has too many values: it has so many values and
// names, or fewer. They take NodeSize each.
func (t *Tape) ReadLarge(text []byte, nodes int) bool {
	t.nodes = slices.Grow(t.nodes[:0], nodes)
	return t.read(text, nodes)
}

func (t *Tape) read(text []byte, most int) bool {
	t.Forget()
	t.Structures, t.Full, t.most = 0, false, most
	if len(text) >= maxBytes {
		return false
	}
	t.text = text
	end := t.value(skipSpace(text, 0), 0)
	return end != no && skipSpace(text, end) == len(text)
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}

// value reads the value that starts at i, and answers where it ends.
func (t *Tape) value(i, depth int) int {
	if i >= len(t.text) {
		return no
	}
	if len(t.nodes) >= t.most {
		t.Full = true
		return no
	}
	switch c := t.text[i]; c {
	case '"':
		return t.quoted(i)
	case '{', '[':
		t.Structures++
		if depth == maxDepth {
			return no
		}
		if c == '{' {
			return t.object(i, depth+1)
		}
		return t.array(i, depth+1)
	case 't':
		return t.literal(i, "true", True)
	case 'f':
		return t.literal(i, "false", False)
	case 'n':
		t.Structures++
		return t.literal(i, "null", Null)
	default:
		return t.number(i)
	}
}

// add adds a node without anything in it.
func (t *Tape) add(what uint32, start, end int) {
	t.nodes = append(t.nodes, node{uint32(start), uint32(end), uint32(len(t.nodes) + 1), what}) //nolint:gosec // no text is that long
}

func (t *Tape) literal(i int, word string, kind Kind) int {
	end := i + len(word)
	if end > len(t.text) || string(t.text[i:end]) != word {
		return no
	}
	t.add(uint32(kind), i, end)
	return end
}

// closed completes an object or an array.
func (t *Tape) closed(at, end, count int) int {
	n := &t.nodes[at]
	n.end, n.next, n.what = uint32(end), uint32(len(t.nodes)), n.what|uint32(count)<<countBits //nolint:gosec // no text is that long
	return end
}

func (t *Tape) array(i, depth int) int {
	at := len(t.nodes)
	t.add(uint32(Array), i, i)
	i = skipSpace(t.text, i+1)
	if i < len(t.text) && t.text[i] == ']' {
		return t.closed(at, i+1, 0)
	}
	for count := 1; ; count++ {
		if i = t.value(i, depth); i == no {
			return no
		}
		switch i = skipSpace(t.text, i); {
		case i >= len(t.text):
			return no
		case t.text[i] == ']':
			return t.closed(at, i+1, count)
		case t.text[i] != ',':
			return no
		}
		i = skipSpace(t.text, i+1)
	}
}

func (t *Tape) object(i, depth int) int {
	at := len(t.nodes)
	t.add(uint32(Object), i, i)
	i = skipSpace(t.text, i+1)
	if i < len(t.text) && t.text[i] == '}' {
		return t.closed(at, i+1, 0)
	}
	var seen uint64 // a bit for each name before this one, which others may share
	for count := 1; ; count++ {
		name := len(t.nodes)
		if i = t.name(i); i == no {
			return no
		}
		if count <= fewNames {
			bit := bitOf(t.inner(name))
			if seen&bit != 0 && t.repeated(at, name) {
				return no
			}
			seen |= bit
		}
		if i = t.value(i, depth); i == no {
			return no
		}
		switch i = skipSpace(t.text, i); {
		case i >= len(t.text):
			return no
		case t.text[i] == '}':
			end := t.closed(at, i+1, count)
			if count > fewNames && t.repeats(at) {
				return no
			}
			return end
		case t.text[i] != ',':
			return no
		}
		i = skipSpace(t.text, i+1)
	}
}

// name reads a name with its colon, and answers where the value starts.
func (t *Tape) name(i int) int {
	if i >= len(t.text) || t.text[i] != '"' {
		return no
	}
	end, form := scanString(t.text, i)
	if end == no || form&respelled != 0 { // two ways to write one name are not compared here
		return no
	}
	t.add(form.what(), i, end)
	i = skipSpace(t.text, end)
	if i >= len(t.text) || t.text[i] != ':' {
		return no
	}
	return skipSpace(t.text, i+1)
}

func (t *Tape) quoted(i int) int {
	end, form := scanString(t.text, i)
	if end == no {
		return no
	}
	t.add(form.what(), i, end)
	return end
}

// number reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
func (t *Tape) number(start int) int {
	text, i := t.text, start
	if text[i] == '-' {
		i++
	}
	whole := i
	if i = digits(text, i); i == whole || text[whole] == '0' && i > whole+1 {
		return no
	}
	if i < len(text) && text[i] == '.' {
		fraction := i + 1
		if i = digits(text, fraction); i == fraction {
			return no
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		exponent := i + 1
		if exponent < len(text) && (text[exponent] == '+' || text[exponent] == '-') {
			exponent++
		}
		if i = digits(text, exponent); i == exponent {
			return no
		}
	}
	t.add(uint32(Number), start, i)
	return i
}

func digits(text []byte, i int) int {
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	return i
}
