package edit

import (
	"encoding/json"
	"errors"
)

var errNoJSON = errors.New("is no JSON that can be edited")

// jsonParser finds where the values of a JSON document are.
type jsonParser struct {
	text []byte
	at   int
}

func parseJSON(d *Document) (*node, error) {
	if !json.Valid(d.text) {
		return nil, errNoJSON
	}
	p := &jsonParser{text: d.text}
	return p.value()
}

func (p *jsonParser) skip() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\r', '\n', ',', ':':
			p.at++
		default:
			return
		}
	}
}

// value reads a value. The text is valid, so only what is there needs to be told apart.
func (p *jsonParser) value() (*node, error) {
	p.skip()
	n := &node{start: p.at, content: p.at, after: p.at, inFlow: true}
	var err error
	switch p.text[p.at] {
	case '{':
		n.kind, n.flow = mapping, true
		err = p.members(n)
	case '[':
		n.kind, n.flow = sequence, true
		err = p.elements(n)
	case '"':
		p.at = quotedEnd(p.text, p.at)
	default:
		for p.at < len(p.text) && !isJSONEnd(p.text[p.at]) {
			p.at++
		}
	}
	n.end = p.at
	return n, err
}

func (p *jsonParser) members(n *node) error {
	p.at++
	for p.skip(); p.text[p.at] != '}'; p.skip() {
		e := entry{start: p.at, end: quotedEnd(p.text, p.at)}
		if err := json.Unmarshal(p.text[e.start:e.end], &e.name); err != nil {
			return err
		}
		p.at = e.end
		var err error
		if e.value, err = p.value(); err != nil {
			return err
		}
		n.entries = append(n.entries, e)
	}
	p.at++
	return nil
}

func (p *jsonParser) elements(n *node) error {
	p.at++
	for p.skip(); p.text[p.at] != ']'; p.skip() {
		value, err := p.value()
		if err != nil {
			return err
		}
		n.items = append(n.items, item{value.start, value})
	}
	p.at++
	return nil
}

func isJSONEnd(c byte) bool {
	switch c {
	case ' ', '\t', '\r', '\n', ',', '}', ']':
		return true
	}
	return false
}

// quotedEnd is behind the text in double quotes that begins at start.
func quotedEnd(text []byte, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
