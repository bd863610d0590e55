package patching

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"taffrail.dev/taffrail/internal/workload"
)

// Diff is the JSON patch that makes after of before: nothing for what is the same, and of a list the
// items that differ, where it is not shorter to write the list anew.
func Diff(before, after map[string]any) []workload.Operation {
	var d diff
	d.objects("", before, after)
	return d.operations
}

// null is a value that is there, where nil is none.
var null = json.RawMessage("null")

type diff struct{ operations []workload.Operation }

func (d *diff) add(op, path string, value any) {
	if value == nil && op != "remove" {
		value = null
	}
	d.operations = append(d.operations, workload.Operation{Op: op, Path: path, Value: value})
}

func (d *diff) values(path string, before, after any) {
	if same(before, after) {
		return
	}
	switch after := after.(type) {
	case map[string]any:
		if before, both := before.(map[string]any); both {
			d.objects(path, before, after)
			return
		}
	case []any:
		if before, both := before.([]any); both {
			d.lists(path, before, after)
			return
		}
	}
	d.add("replace", path, after)
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

func (d *diff) objects(path string, before, after map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, stays := after[key]; !stays {
			d.add("remove", path+"/"+escaper.Replace(key), nil)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(after)) {
		at := path + "/" + escaper.Replace(key)
		if was, had := before[key]; had {
			d.values(at, was, after[key])
		} else {
			d.add("add", at, after[key])
		}
	}
}

// lists leaves alone what both begin with and what both end with. What is between is taken item by
// item: the first ones are changed, the rest is added or removed.
func (d *diff) lists(path string, before, after []any) {
	first := 0
	for first < min(len(before), len(after)) && same(before[first], after[first]) {
		first++
	}
	last := 0
	for last < min(len(before), len(after))-first && same(before[len(before)-1-last], after[len(after)-1-last]) {
		last++
	}
	was, is := before[first:len(before)-last], after[first:len(after)-last]
	at := func(i int) string { return path + "/" + strconv.Itoa(first+i) }
	both := min(len(was), len(is))
	for i := range both {
		d.values(at(i), was[i], is[i])
	}
	for i := len(was) - 1; i >= both; i-- {
		d.add("remove", at(i), nil)
	}
	for i := both; i < len(is); i++ {
		d.add("add", at(i), is[i])
	}
}

// Same tells whether two objects are the same in JSON.
func Same(a, b map[string]any) bool { return same(a, b) }

// same tells whether two values are the same in JSON, where 1 and 1.0 are one number.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, both := b.(map[string]any)
		if !both || len(a) != len(b) {
			return false
		}
		for key, of := range a {
			if other, has := b[key]; !has || !same(of, other) {
				return false
			}
		}
		return true
	case []any:
		b, both := b.([]any)
		return both && slices.EqualFunc(a, b, same)
	case int64:
		number, is := b.(float64)
		return a == b || is && number == float64(a) && int64(number) == a
	case float64:
		number, is := b.(int64)
		return a == b || is && same(number, a)
	default:
		return a == b
	}
}
