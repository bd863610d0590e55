package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// place is where a list or a map is in a document; nil is every one of them at once, with all
// strings.
type place []any

func (p place) String() string {
	if p == nil {
		return "everything"
	}
	var b strings.Builder
	for _, step := range p {
		fmt.Fprintf(&b, "/%v", step)
	}
	return b.String()
}

// places are all lists and maps of strings in a document.
func places(document any) (all []place) {
	var walk func(node any, at place)
	walk = func(node any, at place) {
		switch node := node.(type) {
		case map[string]any:
			if ofStrings(node) {
				all = append(all, at)
			}
			for _, key := range slices.Sorted(maps.Keys(node)) {
				walk(node[key], append(slices.Clip(at), key))
			}
		case []any:
			all = append(all, at)
			if len(node) > 0 {
				walk(node[0], append(slices.Clip(at), 0))
			}
		}
	}
	walk(document, place{})
	return slices.DeleteFunc(all, func(p place) bool { return len(p) == 0 })
}

// fixed are strings without which a document is another one, or none.
var fixed = []string{"apiVersion", "kind", "creationTimestamp", "deletionTimestamp", "time", "operation"}

// ofStrings tells whether a JSON object may be a map: labels, data, limits.
func ofStrings(object map[string]any) bool {
	for _, value := range object {
		if _, is := value.(string); !is {
			return false
		}
	}
	return len(object) > 0 && object["kind"] == nil && object["name"] == nil
}

// shape says how the items of what grows differ: not at all, or by the string-th string in them, to
// which the mark is added. The others are empty.
type shape struct {
	empty    bool
	distinct int // -1: all alike
	mark     string
}

func (s shape) String() string {
	switch {
	case s.empty:
		return "empty"
	case s.distinct < 0:
		return "alike"
	default:
		return fmt.Sprintf("differing in string %d", s.distinct)
	}
}

// grow is a copy of a document in which what is at the place has n items or letters.
func grow(document any, at place, s shape, n int) any {
	if at == nil {
		return growAll(document, s, n)
	}
	if len(at) == 0 {
		return growOne(document, s, n)
	}
	switch node := document.(type) {
	case map[string]any:
		node = maps.Clone(node)
		node[at[0].(string)] = grow(node[at[0].(string)], at[1:], s, n)
		return node
	case []any:
		node = slices.Clone(node)
		node[0] = grow(node[0], at[1:], s, n)
		return node
	default:
		return document
	}
}

func growOne(node any, s shape, n int) any {
	switch node := node.(type) {
	case string:
		return strings.Repeat(node, n)
	case map[string]any:
		keys := slices.Sorted(maps.Keys(node))
		grown := make(map[string]any, n)
		for i := range n {
			key := keys[i%len(keys)]
			grown[key+s.mark+strconv.Itoa(i)] = node[key]
		}
		maps.Copy(grown, node)
		return grown
	case []any:
		grown := make([]any, 0, n)
		for i := range n {
			grown = append(grown, s.item(node, i))
		}
		return grown
	default:
		return node
	}
}

func (s shape) item(list []any, i int) any {
	if len(list) == 0 {
		return map[string]any{}
	}
	item := list[i%len(list)]
	switch item.(type) {
	case map[string]any:
		if s.empty {
			return map[string]any{}
		}
	case string:
		if s.empty {
			return ""
		}
	}
	if s.distinct < 0 {
		return item
	}
	marked, _ := mark(item, s.distinct, s.mark+strconv.Itoa(i))
	return marked
}

// mark adds a mark to the nth string in a document, and says how many strings it has seen.
func mark(node any, nth int, with string) (marked any, seen int) {
	switch node := node.(type) {
	case string:
		if nth == 0 {
			return node + with, 1
		}
		return node, 1
	case map[string]any:
		node = maps.Clone(node)
		for _, key := range slices.Sorted(maps.Keys(node)) {
			value, n := mark(node[key], nth-seen, with)
			node[key] = value
			seen += n
		}
		return node, seen
	case []any:
		node = slices.Clone(node)
		for i := range node {
			value, n := mark(node[i], nth-seen, with)
			node[i] = value
			seen += n
		}
		return node, seen
	default:
		return node, 0
	}
}

// growAll makes everything longer at once: what two lists cost together shows only then. What is in
// an item grows in the first one alone, and the others are small, so that the document grows no
// faster than n and no larger than a review may be.
func growAll(node any, s shape, n int) any {
	switch node := node.(type) {
	case map[string]any:
		grown := maps.Clone(node)
		for key, value := range node {
			if !slices.Contains(fixed, key) {
				grown[key] = growAll(value, s, n)
			}
		}
		if ofStrings(node) {
			for key, value := range growOne(node, s, n).(map[string]any) {
				if _, there := grown[key]; !there {
					grown[key] = value
				}
			}
		}
		return grown
	case []any:
		if len(node) == 0 {
			return node
		}
		grown := growOne(node, s, n).([]any)
		for i := range grown {
			grown[i] = scalars(grown[i])
		}
		grown[0] = growAll(node[0], s, n)
		return grown
	case string:
		return strings.Repeat(node, n)
	default:
		return node
	}
}

// scalars leaves out the lists and objects in an object.
func scalars(node any) any {
	object, is := node.(map[string]any)
	if !is {
		return node
	}
	some := map[string]any{}
	for key, value := range object {
		switch value.(type) {
		case map[string]any, []any:
		default:
			some[key] = value
		}
	}
	return some
}
