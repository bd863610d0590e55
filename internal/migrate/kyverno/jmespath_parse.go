package kyverno

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// node is an expression of JMESPath, of the part that is translated.
type node struct {
	kind string // field index flatten filter list or pipe call text json cmp not and current
	name string // of a field, a function or an operator
	n    int
	of   []*node // the operand first
}

type parser struct {
	text string
	at   int
}

// parse reads an expression, or says that it is none of those that are translated.
func parse(text string) (*node, error) {
	p := &parser{text: strings.TrimSpace(text)}
	n, err := p.pipe()
	p.skip()
	if err == nil && p.at < len(p.text) {
		err = fmt.Errorf("the JMESPath %q is beyond what is translated", text)
	}
	return n, err
}

func (p *parser) skip() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) take(token string) bool {
	p.skip()
	if strings.HasPrefix(p.text[p.at:], token) {
		p.at += len(token)
		return true
	}
	return false
}

func (p *parser) fail() error {
	return fmt.Errorf("the JMESPath %q is beyond what is translated", p.text)
}

func (p *parser) pipe() (*node, error) {
	left, err := p.either()
	for err == nil {
		p.skip()
		if strings.HasPrefix(p.text[p.at:], "||") || !p.take("|") {
			return left, nil
		}
		var right *node
		if right, err = p.either(); err == nil {
			left = &node{kind: "pipe", of: []*node{left, right}}
		}
	}
	return nil, err
}

func (p *parser) either() (*node, error) {
	left, err := p.both()
	for err == nil && p.take("||") {
		var right *node
		if right, err = p.both(); err == nil {
			left = &node{kind: "or", of: []*node{left, right}}
		}
	}
	return left, err
}

func (p *parser) both() (*node, error) {
	left, err := p.compared()
	for err == nil && p.take("&&") {
		var right *node
		if right, err = p.compared(); err == nil {
			left = &node{kind: "and", of: []*node{left, right}}
		}
	}
	return left, err
}

func (p *parser) compared() (*node, error) {
	left, err := p.postfix()
	if err != nil {
		return nil, err
	}
	for _, operator := range []string{"==", "!=", ">=", "<=", ">", "<"} {
		if p.take(operator) {
			right, err := p.postfix()
			return &node{kind: "cmp", name: operator, of: []*node{left, right}}, err
		}
	}
	return left, nil
}

func (p *parser) postfix() (*node, error) {
	left, err := p.primary()
	for err == nil {
		switch {
		case p.take("."):
			p.skip()
			if strings.HasPrefix(p.text[p.at:], "[") {
				var list *node
				if list, err = p.multiple(); err == nil {
					left = &node{kind: "pipe", of: []*node{left, list}}
				}
				continue
			}
			var below *node
			if below, err = p.primary(); err != nil {
				continue
			}
			switch below.kind {
			case "field":
				below.of[0] = left
				left = below
			case "call": // of each item of a projection
				left = &node{kind: "each", of: []*node{left, below}}
			default:
				err = p.fail()
			}
		case strings.HasPrefix(p.text[p.at:], "["):
			left, err = p.bracket(left)
		default:
			return left, nil
		}
	}
	return nil, err
}

func (p *parser) bracket(left *node) (*node, error) {
	switch {
	case p.take("[]"), p.take("[*]"):
		return &node{kind: "flatten", of: []*node{left}}, nil
	case p.take("[?"):
		condition, err := p.either()
		if err == nil && !p.take("]") {
			err = p.fail()
		}
		return &node{kind: "filter", of: []*node{left, condition}}, err
	}
	end := strings.IndexByte(p.text[p.at:], ']')
	if end < 0 {
		return nil, p.fail()
	}
	n, err := strconv.Atoi(strings.TrimSpace(p.text[p.at+1 : p.at+end]))
	if err != nil || n < 0 {
		return nil, p.fail()
	}
	p.at += end + 1
	return &node{kind: "index", n: n, of: []*node{left}}, nil
}

// multiple is a list of expressions.
func (p *parser) multiple() (*node, error) {
	list := &node{kind: "list"}
	if !p.take("[") {
		return nil, p.fail()
	}
	for {
		item, err := p.pipe()
		if err != nil {
			return nil, err
		}
		list.of = append(list.of, item)
		switch {
		case p.take("]"):
			return list, nil
		case !p.take(","):
			return nil, p.fail()
		}
	}
}

func (p *parser) primary() (*node, error) {
	switch {
	case p.take("("):
		inner, err := p.pipe()
		if err == nil && !p.take(")") {
			err = p.fail()
		}
		return inner, err
	case p.take("!"):
		inner, err := p.postfix()
		return &node{kind: "not", of: []*node{inner}}, err
	case p.take("'"):
		text, err := p.until('\'')
		return &node{kind: "text", name: text}, err
	case p.take("`"):
		text, err := p.until('`')
		return &node{kind: "json", name: text}, err
	case p.take("@"):
		return &node{kind: "current"}, nil
	case strings.HasPrefix(p.text[p.at:], "["):
		if strings.HasPrefix(p.text[p.at:], "[]") || strings.HasPrefix(p.text[p.at:], "[?") || strings.HasPrefix(p.text[p.at:], "[*]") {
			return &node{kind: "current"}, nil
		}
		return p.multiple()
	}
	name, err := p.identifier()
	if err != nil {
		return nil, err
	}
	if !p.take("(") {
		return &node{kind: "field", name: name, of: []*node{nil}}, nil
	}
	call := &node{kind: "call", name: name}
	for !p.take(")") {
		arg, err := p.pipe()
		if err != nil {
			return nil, err
		}
		call.of = append(call.of, arg)
		p.take(",")
		if p.at >= len(p.text) {
			return nil, p.fail()
		}
	}
	return call, nil
}

func (p *parser) until(end byte) (string, error) {
	length := strings.IndexByte(p.text[p.at:], end)
	if length < 0 || strings.Contains(p.text[p.at:p.at+length], `\`) {
		return "", p.fail()
	}
	text := p.text[p.at : p.at+length]
	p.at += length + 1
	return text, nil
}

func (p *parser) identifier() (string, error) {
	p.skip()
	if p.take(`"`) {
		text, err := p.until('"')
		if err != nil {
			return "", err
		}
		var name string
		err = json.Unmarshal([]byte(`"`+text+`"`), &name)
		return name, err
	}
	begin := p.at
	for p.at < len(p.text) && (identifier(p.text[begin:p.at+1]) || slices.Contains(reserved, p.text[begin:p.at+1])) {
		p.at++
	}
	if p.at == begin {
		return "", p.fail()
	}
	return p.text[begin:p.at], nil
}
