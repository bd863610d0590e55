package record

import (
	"errors"
	"strings"
)

// What of an object is redacted goes by the names of its members, in every kind and at every depth:
// a template in a kind that nobody knows has the same.

// listed are members that are lists of names and values.
var listed = map[string]bool{"env": true, "httpHeaders": true}

// chosen are members whose own members are named by whoever writes the object, and by which objects
// are selected: what they are called says nothing of what they hold.
var chosen = map[string]bool{"labels": true, "annotations": true, "matchLabels": true, "selector": true, "nodeSelector": true, "parameters": true}

// held are parts of an object that are redacted if it is of a certain kind, which may be told after
// them.
type held struct {
	name       string
	start, end int
}

// value reads the value of a member.
func (s *scan) value(name string) error {
	kind := s.d.PeekKind()
	switch {
	case name == "stringData":
		return s.all(s.standIns.For)
	case listed[name]:
		return s.list()
	case kind == '{' && chosen[name]:
		return s.keys(name == "annotations")
	case kind == '{':
		return s.object()
	case kind == '[':
		return s.items(func() error { return s.value(name) })
	case kind == '"':
		return s.text(func(value string) string {
			if s.standIns.Sensitive(name, value) {
				return s.standIns.For(value)
			}
			return s.argument(value)
		})
	default:
		return s.skip()
	}
}

// argument takes a credential out that stands in a text alone, or behind the = of an argument.
func (s *scan) argument(value string) string {
	if s.standIns.LooksSensitive(value) {
		return s.standIns.For(value)
	}
	if name, set, found := strings.Cut(value, "="); found && s.standIns.Sensitive(name, set) {
		return name + "=" + s.standIns.For(set)
	}
	return value
}

// list reads what is called env. There are kinds that write it as an object.
func (s *scan) list() error {
	if s.d.PeekKind() != '[' {
		return s.all(s.standIns.For)
	}
	return s.items(func() error {
		if s.d.PeekKind() != '{' {
			return s.all(s.standIns.For)
		}
		return s.members(func(name string) error {
			if name == "value" {
				return s.all(s.standIns.For)
			}
			return s.value(name)
		})
	})
}

// keys reads what is named by whoever wrote the object.
func (s *scan) keys(annotations bool) error {
	return s.members(func(key string) error {
		switch {
		case annotations && s.annotations[key]:
			return s.all(s.standIns.For)
		case s.d.PeekKind() == '"':
			return s.text(s.argument)
		default:
			return s.value(key)
		}
	})
}

// object reads an object, which may be a Secret or a ConfigMap, be it in another one.
func (s *scan) object() error {
	var kind string
	var parts []held
	err := s.members(func(name string) error {
		switch name {
		case "kind":
			if s.d.PeekKind() == '"' {
				return s.text(func(value string) string { kind = value; return value })
			}
		case "data", "binaryData":
			return s.hold(name, &parts)
		}
		return s.value(name)
	})
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := s.redactHeld(kind, part); err != nil {
			return err
		}
	}
	return nil
}

// hold reads a part and notes where it is.
func (s *scan) hold(name string, parts *[]held) error {
	raw, err := s.d.ReadValue()
	if err != nil {
		return err
	}
	end := s.offset()
	*parts = append(*parts, held{name, end - len(raw), end})
	return nil
}

// redactHeld redacts a part as the kind of the object wants it.
func (s *scan) redactHeld(kind string, part held) error {
	if s.reread -= part.end - part.start; s.reread < 0 {
		return errors.New("data within data within data: too much would be read again and again")
	}
	again := s.scan(s.whole[part.start:part.end], part.start)
	switch {
	case kind == "Secret" || part.name == "binaryData":
		return again.all(s.encoded)
	case kind == "ConfigMap" && again.d.PeekKind() == '{':
		return again.members(func(key string) error {
			return again.all(func(value string) string { return s.standIns.ForEntry(key, value) })
		})
	default:
		return again.value("")
	}
}
