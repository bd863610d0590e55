package linters

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
	"taffrail.dev/taffrail/internal/reference/peers"
	"taffrail.dev/taffrail/validators"
)

// table is what takes the place of each policy of a tool.
type table struct {
	Use  map[string]map[string]json.RawMessage `json:"use"`
	None map[string][]string                   `json:"none"`
}

var tables = map[string]func() table{
	"polaris":     sync.OnceValue(func() table { return read("polaris") }),
	"kube-linter": sync.OnceValue(func() table { return read("kube-linter") }),
	"k-rail":      sync.OnceValue(func() table { return read("k-rail") }),
}

func read(name string) (t table) {
	text, err := peers.Tables.ReadFile(name + ".yaml")
	if err == nil {
		err = yaml.Unmarshal(text, &t)
	}
	if err != nil {
		panic(err) // a test reads all of them: this is a mistake in the program
	}
	return t
}

const byHand = "write a rule in CEL: docs/rules.md has ten examples"

// become fills a rule in from the table. Changed are parameters that are not those of the table, by the
// names of checks and defaults.
func (t *table) become(r *policy.Rule, name string, action v1alpha1.Action, changed map[string]map[string]any) {
	entry, known := t.Use[name]
	if !known {
		for _, why := range slices.Sorted(maps.Keys(t.None)) {
			if slices.Contains(t.None[why], name) {
				r.Leave(why, byHand)
				return
			}
		}
		r.Leave("no check of that name is known here", byHand)
		return
	}
	part := policy.Part{}
	for _, check := range slices.Sorted(maps.Keys(entry)) {
		if check == "note" {
			var note string
			if json.Unmarshal(entry[check], &note) == nil {
				r.Differ(note)
			}
			continue
		}
		var params map[string]any
		_ = json.Unmarshal(entry[check], &params)
		if given, is := changed[check]; is {
			params = given
		}
		if _, is := validators.Find(check); is {
			part.Validators = append(part.Validators, policy.Check(check, params))
		} else {
			part.Mutators = append(part.Mutators, policy.Default(check, params))
		}
	}
	part.WithAction(action)
	r.Parts = []policy.Part{part}
}
