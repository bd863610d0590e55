package tape

import (
	"encoding/base64"
	"reflect"
)

// specials are types that objects are full of, so that they are worth a function without reflection.
var specials = map[reflect.Type]decode{
	reflect.TypeFor[string]():            decodePlainString,
	reflect.TypeFor[[]string]():          decodeStrings,
	reflect.TypeFor[map[string]string](): decodeStringMap,
}

func decodePlainString(t *Tape, at int, into reflect.Value) bool {
	if t.nodes[at].kind() != String {
		return t.nodes[at].kind() == Null
	}
	if !t.hollow {
		*into.Addr().Interface().(*string) = t.string(at)
	}
	return true
}

func decodeStrings(t *Tape, at int, into reflect.Value) bool {
	n := &t.nodes[at]
	if n.kind() != Array {
		return n.kind() == Null
	}
	made := make([]string, n.count())
	for i := range made {
		item := at + 1 + i
		if item >= len(t.nodes) || !t.stringAt(item, &made[i]) {
			return false
		}
	}
	*into.Addr().Interface().(*[]string) = made
	return true
}

func decodeStringMap(t *Tape, at int, into reflect.Value) bool {
	n := &t.nodes[at]
	if n.kind() != Object {
		return n.kind() == Null
	}
	if t.hollow {
		var none string
		for name := at + 1; name < int(n.next); name += 2 {
			if !t.stringAt(name+1, &none) {
				return false
			}
		}
		return true
	}
	made := Map[map[string]string](Value{t, at})
	for name := at + 1; name < int(n.next); name += 2 {
		var value string
		if !t.stringAt(name+1, &value) {
			return false
		}
		made[t.string(name)] = value
	}
	*into.Addr().Interface().(*map[string]string) = made
	return true
}

// stringAt makes a string, or an empty one of null. Neither has another node in it.
func (t *Tape) stringAt(at int, into *string) bool {
	if t.nodes[at].kind() != String {
		return t.nodes[at].kind() == Null
	}
	if !t.hollow {
		*into = t.string(at)
	}
	return true
}

// decodeBytes takes base64 that there is one way to write.
func decodeBytes(t *Tape, at int, into reflect.Value) bool {
	n := &t.nodes[at]
	if n.kind() != String || n.escaped() {
		return n.kind() == Null
	}
	inner := t.inner(at)
	made := make([]byte, base64.StdEncoding.DecodedLen(len(inner)))
	length, err := base64.StdEncoding.Strict().Decode(made, inner)
	if err != nil || base64.StdEncoding.EncodedLen(length) != len(inner) {
		return false
	}
	into.SetBytes(made[:length])
	return true
}
