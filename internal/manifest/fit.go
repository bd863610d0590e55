package manifest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"taffrail.dev/taffrail/internal/workload"
)

// Fit makes operations for an object that has been completed with defaults fit
// the object as it is written: parents that only the defaults have made are
// created, what only they have set is set, and what only they have set need not be
// removed. It returns nil when an operation is about an item that is not written.
func (o *Object) Fit(operations []workload.Operation) []workload.Operation {
	var root any
	if len(operations) == 0 || json.Unmarshal(o.Raw, &root) != nil {
		return nil
	}
	var fitted []workload.Operation
	for _, op := range operations {
		names := strings.Split(op.Path, "/")[1:]
		depth, parent := descend(root, names)
		switch missing := len(names) - depth; {
		case missing == 0: // the value itself is there
		case op.Op == "remove", op.Op == "test":
			continue
		default:
			op.Op = "add"
			if missing == 1 {
				break
			}
			members, isObject := parent.(map[string]any)
			if !isObject || slices.ContainsFunc(names[depth+1:], isIndex) {
				return nil
			}
			for i := len(names) - 1; i > depth; i-- {
				op.Value = map[string]any{pointerUnescaper.Replace(names[i]): op.Value}
			}
			op.Path = "/" + strings.Join(names[:depth+1], "/")
			members[pointerUnescaper.Replace(names[depth])] = op.Value
		}
		fitted = append(fitted, op)
	}
	return fitted
}

func isIndex(name string) bool {
	_, err := strconv.Atoi(name)
	return err == nil
}

// descend follows names from a value as far as there is something.
func descend(value any, names []string) (depth int, last any) {
	for i, name := range names {
		var next any
		switch v := value.(type) {
		case map[string]any:
			next = v[pointerUnescaper.Replace(name)]
		case []any:
			if index, err := strconv.Atoi(name); err == nil && index >= 0 && index < len(v) {
				next = v[index]
			}
		}
		if next == nil {
			return i, value
		}
		value = next
	}
	return len(names), value
}
