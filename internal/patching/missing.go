package patching

import "maps"

// OnlyMissing is after with all that before has as it is there: what is new stays, what was changed
// or removed comes back. Items of a list are those of before with what they lack, and new ones at its
// end; of a list that has been put in another order nothing is taken.
func OnlyMissing(before, after map[string]any) map[string]any {
	out := make(map[string]any, len(after))
	maps.Copy(out, after)
	for key, was := range before {
		out[key] = onlyMissing(was, after[key])
	}
	return out
}

func onlyMissing(before, after any) any {
	switch was := before.(type) {
	case map[string]any:
		if is, both := after.(map[string]any); both {
			return OnlyMissing(was, is)
		}
	case []any:
		if is, both := after.([]any); both {
			return missingItems(was, is)
		}
	}
	return before
}

func missingItems(before, after []any) []any {
	if len(after) < len(before) {
		return before
	}
	out := make([]any, 0, len(after))
	for i, was := range before {
		if !sameItem(was, after[i]) {
			return before
		}
		out = append(out, onlyMissing(was, after[i]))
	}
	return append(out, after[len(before):]...)
}

// keys are what items of Kubernetes' lists are told apart by.
var keys = []string{"name", "key", "containerPort", "port", "mountPath", "devicePath", "ip", "topologyKey", "type", "uid"}

// sameItem tells whether two items at one place are not two that are told apart.
func sameItem(before, after any) bool {
	was, object := before.(map[string]any)
	is, both := after.(map[string]any)
	if !object || !both {
		return object == both
	}
	for _, key := range keys {
		if value, has := was[key]; has {
			return same(value, is[key])
		}
	}
	return true
}
