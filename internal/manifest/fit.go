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
// removed. It returns nil when an operation is about an item that is not written, and for an object that
// is not written at all but rendered.
func (o *Object) Fit(operations []workload.Operation) []workload.Operation {
	var root any
	if len(operations) == 0 || o.Rendered || json.Unmarshal(o.Raw, &root) != nil {
		return nil
	}
	var fitted []workload.Operation
	for i, op := range operations {
		names := strings.Split(op.Path, "/")[1:]
		depth, parent := descend(root, names)
		switch missing := len(names) - depth; {
		case missing == 0: // the value itself is there
		case op.Op == "remove", op.Op == "test":
			continue
		default:
			op.Op = "add"
			if _, isObject := parent.(map[string]any); missing > 1 && (!isObject || slices.ContainsFunc(names[depth+1:], isIndex)) {
				return nil
			}
			for j := len(names) - 1; j > depth; j-- {
				op.Value = map[string]any{pointerUnescaper.Replace(names[j]): op.Value}
			}
			names = names[:min(depth+1, len(names))]
			op.Path = "/" + strings.Join(names, "/")
		}
		fitted = append(fitted, op)
		if i < len(operations)-1 {
			root = applied(root, names, op)
		}
	}
	return fitted
}

// applied is a value after an operation at a place in it: those that follow see what it has made.
func applied(value any, names []string, op workload.Operation) any {
	if op.Op == "test" {
		return value
	}
	if len(names) == 0 {
		return decoded(op)
	}
	switch v := value.(type) {
	case map[string]any:
		name := pointerUnescaper.Replace(names[0])
		if len(names) == 1 && op.Op == "remove" {
			delete(v, name)
		} else {
			v[name] = applied(v[name], names[1:], op)
		}
	case []any:
		return appliedToList(v, names, op)
	}
	return value
}

func appliedToList(list []any, names []string, op workload.Operation) any {
	i, err := strconv.Atoi(names[0])
	switch {
	case names[0] == "-":
		return append(list, decoded(op))
	case err != nil || i < 0 || i > len(list):
	case len(names) == 1 && op.Op == "add":
		return slices.Insert(list, i, decoded(op))
	case i == len(list):
	case len(names) == 1 && op.Op == "remove":
		return slices.Delete(list, i, i+1)
	default:
		list[i] = applied(list[i], names[1:], op)
	}
	return list
}

// decoded is the value of an operation, which may be one of Kubernetes' types, as it would be read.
func decoded(op workload.Operation) any {
	var read []workload.Operation
	if raw, err := workload.EncodePatch([]workload.Operation{op}); err != nil || json.Unmarshal(raw, &read) != nil {
		return op.Value
	}
	return read[0].Value
}

func isIndex(name string) bool {
	_, err := strconv.Atoi(name)
	return err == nil || name == "-"
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
