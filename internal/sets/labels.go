package sets

import (
	"cmp"
	"slices"
	"unique"
)

// Label is one label.
type Label struct{ Key, Value string }

// Labels are sorted by key. A map of a few labels takes ten times the memory.
type Labels []Label

func labelsOf(all map[string]string) Labels {
	if len(all) == 0 {
		return nil
	}
	out := make(Labels, 0, len(all))
	for key, value := range all {
		out = append(out, Label{shared(key), value})
	}
	slices.SortFunc(out, func(a, b Label) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// shared is a text that many objects have, once.
func shared(text string) string { return unique.Make(text).Value() }

// Lookup implements labels.Labels.
func (l Labels) Lookup(key string) (value string, has bool) {
	for i := range l {
		if l[i].Key == key {
			return l[i].Value, true
		}
	}
	return "", false
}

// Has implements labels.Labels.
func (l Labels) Has(key string) bool {
	_, has := l.Lookup(key)
	return has
}

// Get implements labels.Labels.
func (l Labels) Get(key string) string {
	value, _ := l.Lookup(key)
	return value
}

// String writes them as selectors are written.
func (l Labels) String() string {
	var b []byte
	for i, label := range l {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, label.Key...), '='), label.Value...)
	}
	return string(b)
}
