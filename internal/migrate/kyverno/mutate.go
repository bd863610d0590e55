package kyverno

import (
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/migrate/policy"
)

// mutate is a default where that means the same: what a Pod does not have is filled in.
func (t *translation) mutate() {
	m := t.rule.Mutate
	patch, is := m["patchStrategicMerge"].(map[string]any)
	switch {
	case !is || len(m) != 1:
		t.Leave("it changes objects in a way that no default does ("+strings.Join(keysOf(m), ", ")+")", ownMutation)
		return
	case !t.pods:
		t.Leave("it changes kinds other than Pod", ownMutation)
		return
	case t.rule.Preconditions != nil || len(t.rule.Context) > 0:
		t.Leave("it changes objects under conditions", ownMutation)
		return
	case strings.Contains(policy.Literal(policy.Plain(patch)), "{{"):
		t.Leave("what it sets is not constant", ownMutation)
		return
	}
	overwrites := false
	pod, conditional := bare(patch, &overwrites)
	if conditional {
		t.Leave("it changes objects under conditions", ownMutation)
		return
	}
	defaults, err := policy.PodDefaults(pod.(map[string]any))
	if err != nil {
		t.Leave(err.Error(), ownMutation)
		return
	}
	if overwrites {
		t.Differ("What a Pod sets itself is kept; the policy overwrites it.")
	}
	if t.matcher.templates {
		t.Differ("Pods are completed, and templates stay as they are written.")
	}
	t.Parts = append(t.Parts, policy.Part{Match: t.matcher.match, Mutators: defaults})
}

func keysOf(m map[string]any) (all []string) {
	for key := range m {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

// bare takes the anchors out of a patch. Conditional is one that goes by what is there; the name of all
// containers is no condition.
func bare(in any, overwrites *bool) (out any, conditional bool) {
	switch in := in.(type) {
	case map[string]any:
		made := map[string]any{}
		for key, below := range in {
			kind, name := anchor(key)
			if kind == "(" && name == "name" && (below == "*" || below == "?*") {
				continue
			}
			if kind != "" && kind != "+(" {
				return nil, true
			}
			inner := false
			value, conditioned := bare(below, &inner)
			if conditioned {
				return nil, true
			}
			switch value.(type) {
			case map[string]any, []any:
				*overwrites = *overwrites || inner && kind == ""
			default:
				*overwrites = *overwrites || kind == ""
			}
			made[name] = value
		}
		return made, false
	case []any:
		list := []any{}
		for _, item := range in {
			value, conditioned := bare(item, overwrites)
			if conditioned {
				return nil, true
			}
			list = append(list, value)
		}
		return list, false
	}
	return in, false
}
