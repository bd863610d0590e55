package validators

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// node is a value in a document, and where it is: names of members, and indexes.
type node struct {
	at    []any
	value any
}

// nodes are all values of a document, the document itself not included.
func nodes(document any) (all []node) {
	var walk func(at []any, value any)
	walk = func(at []any, value any) {
		if len(at) > 0 {
			all = append(all, node{slices.Clone(at), value})
		}
		switch value := value.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(value)) {
				walk(append(at, name), value[name])
			}
		case []any:
			for i := range value {
				walk(append(at, i), value[i])
			}
		}
	}
	walk(nil, document)
	return all
}

// String is the place without positions: spec.containers[].ports[].name.
func (n node) String() string {
	var b strings.Builder
	for i, step := range n.at {
		name, isName := step.(string)
		switch {
		case !isName:
			b.WriteString("[]")
		case i > 0:
			b.WriteString("." + name)
		default:
			b.WriteString(name)
		}
	}
	return b.String()
}

// removed marks a value that is to be taken out.
type removed struct{}

// with is the document with another value in a place.
func with(document any, at []any, value any) any {
	if len(at) == 0 {
		return value
	}
	switch document := document.(type) {
	case map[string]any:
		name := at[0].(string)
		changed := maps.Clone(document)
		if changed[name] = with(document[name], at[1:], value); changed[name] == (removed{}) {
			delete(changed, name)
		}
		return changed
	case []any:
		i := at[0].(int)
		changed := slices.Clone(document)
		if changed[i] = with(document[i], at[1:], value); changed[i] == (removed{}) {
			return slices.Delete(changed, i, i+1)
		}
		return changed
	default: // nothing there yet
		return map[string]any{at[0].(string): with(nil, at[1:], value)}
	}
}

var amount = regexp.MustCompile(`^([0-9]+)(m|k|M|G|Ki|Mi|Gi|Ti|%|)$`)

// numbers are other numbers to put in the place of one, the lowest first, or nothing
// where it is none.
func numbers(value any) (others []any) {
	var is float64
	unit, text := "", false
	switch value := value.(type) {
	case float64:
		is = value
	case string:
		parts := amount.FindStringSubmatch(value)
		if parts == nil || len(parts[1]) > 9 {
			return nil
		}
		is, _ = strconv.ParseFloat(parts[1], 64)
		unit, text = parts[2], true
	default:
		return nil
	}
	for _, n := range []float64{0, float64(int(is / 1000)), float64(int(is / 2)), is - 1, is + 1, is * 2, is * 1000} {
		switch {
		case n < 0 || n == is:
		case text:
			others = append(others, strconv.FormatFloat(n, 'f', -1, 64)+unit)
		default:
			others = append(others, n)
		}
	}
	return others
}

// altered is a value that says something else.
func altered(value any) (any, bool) {
	switch value := value.(type) {
	case bool:
		return !value, true
	case string:
		return value + "x", true
	default:
		return nil, false
	}
}

// amountOf is a number, whatever its unit: they are compared with others of the same.
func amountOf(value any) float64 {
	switch value := value.(type) {
	case float64:
		return value
	case string:
		n, _ := strconv.ParseFloat(amount.FindStringSubmatch(value)[1], 64)
		return n
	default:
		return 0
	}
}
