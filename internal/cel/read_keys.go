package cel

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
)

// same tells whether two parts are the same in what is read of them, down to the order of lists.
func (r *reads) same(a, b any) bool {
	if r.all || r.items != nil {
		return reflect.DeepEqual(a, b)
	}
	one, ok := a.(map[string]any)
	other, isMap := b.(map[string]any)
	if !ok || !isMap {
		return reflect.DeepEqual(a, b)
	}
	for name, below := range r.fields {
		x, here := one[name]
		y, there := other[name]
		if here != there || here && !below.same(x, y) {
			return false
		}
	}
	return true
}

// key is the same for parts that are the same in what is read of them, whatever the order of lists.
func (r *reads) key(part any) string { return string(r.appendKey(nil, part)) }

func (r *reads) appendKey(b []byte, part any) []byte {
	switch part := part.(type) {
	case map[string]any:
		b = append(b, '{')
		for _, name := range slices.Sorted(maps.Keys(part)) {
			if below := r.below(name); below != nil {
				b = append(strconv.AppendQuote(b, name), ':')
				b = append(below.appendKey(b, part[name]), ',')
			}
		}
		return append(b, '}')
	case []any:
		below := r.ofItems()
		if below == nil {
			return append(b, "[]"...) // that it is there is all that was read
		}
		keys := make([]string, len(part))
		for i, item := range part {
			keys[i] = below.key(item)
		}
		slices.Sort(keys)
		for _, key := range keys {
			b = append(append(append(b, '['), key...), ']')
		}
		return b
	case string:
		return strconv.AppendQuote(b, part)
	default:
		return fmt.Append(b, part)
	}
}

// below is what is read of a field, or nil.
func (r *reads) below(name string) *reads {
	if r.all {
		return r
	}
	return r.fields[name]
}

// ofItems is what is read of each item of a list, or nil.
func (r *reads) ofItems() *reads {
	if r.all {
		return r
	}
	return r.items
}
