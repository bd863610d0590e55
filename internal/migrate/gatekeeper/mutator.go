package gatekeeper

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"taffrail.dev/taffrail/internal/migrate/policy"
)

// mutator is an Assign, AssignMetadata, ModifySet or AssignImage.
type mutator struct {
	Spec struct {
		ApplyTo []struct {
			Groups     []string `json:"groups"`
			Kinds      []string `json:"kinds"`
			Versions   []string `json:"versions"`
			Operations []string `json:"operations"`
		} `json:"applyTo"`
		Match      match  `json:"match"`
		Location   string `json:"location"`
		Parameters struct {
			PathTests []struct {
				SubPath   string `json:"subPath"`
				Condition string `json:"condition"`
			} `json:"pathTests"`
			Assign       map[string]any `json:"assign"`
			Operation    string         `json:"operation"`
			Values       map[string]any `json:"values"`
			AssignDomain string         `json:"assignDomain"`
			AssignPath   string         `json:"assignPath"`
			AssignTag    string         `json:"assignTag"`
		} `json:"parameters"`
	} `json:"spec"`
}

const inCEL = "write it in CEL, in spec.mutations of a Guardrail"

func ofMutator(o *policy.Object, in *policy.Inputs) []policy.Rule {
	var m mutator
	unknown, err := policy.Decode(map[string]any{"spec": o.Content["spec"]}, &m)
	if err != nil {
		return left("its fields cannot be read: "+err.Error(), "mend it")
	}
	if len(unknown) > 0 {
		return left("it has fields that are not known here: "+unknown[0], inCEL)
	}
	t := &translation{of: o, in: in}
	t.selects(&m.Spec.Match)
	excludeConfigured(&t.match, in, "mutation-webhook")
	switch {
	case o.Kind == "AssignImage":
		t.Leave("it rewrites images whatever their registry is, and rewrite-image-registry needs to know from which", "use rewrite-image-registry {rewrites: [{from, to}]}, or "+inCEL)
	case o.Kind != "AssignMetadata" && !m.ofPods():
		t.Leave("it changes kinds other than Pod", inCEL)
	default:
		t.fillIn(o.Kind, &m)
	}
	t.part.Match = t.match
	if t.Left == "" {
		t.Parts = []policy.Part{t.part}
	}
	return []policy.Rule{t.Rule}
}

func (m *mutator) ofPods() bool {
	for _, to := range m.Spec.ApplyTo {
		if !slices.Equal(to.Kinds, []string{"Pod"}) {
			return false
		}
	}
	return len(m.Spec.ApplyTo) > 0
}

// fillIn makes defaults of a location and its value.
func (t *translation) fillIn(kind string, m *mutator) {
	if kind == "AssignMetadata" && len(t.names()) > 0 && !slices.Equal(slices.Compact(slices.Clone(t.names())), []string{"Pod"}) {
		t.Leave("it changes kinds other than Pod", inCEL)
		return
	}
	value, is := m.Spec.Parameters.Assign["value"]
	if kind == "ModifySet" {
		value, is = m.Spec.Parameters.Values["fromList"]
		if m.Spec.Parameters.Operation == "prune" {
			t.Leave("it takes items out (operation prune)", inCEL)
			return
		}
	}
	if !is {
		t.Leave("its value is not constant", inCEL)
		return
	}
	pod, ok := located(m.Spec.Location, value)
	if !ok {
		t.Leave("its location "+m.Spec.Location+" names one item of a list", inCEL)
		return
	}
	defaults, err := policy.PodDefaults(pod)
	if err != nil {
		t.Leave(err.Error(), inCEL)
		return
	}
	t.part.Mutators = defaults
	missing := len(m.Spec.Parameters.PathTests) > 0
	for _, test := range m.Spec.Parameters.PathTests {
		missing = missing && test.Condition == "MustNotExist"
	}
	if kind == "Assign" && !missing {
		t.Differ("What a Pod sets itself is kept; the mutator overwrites it.")
	}
	if kind == "AssignMetadata" && len(t.names()) == 0 {
		t.Differ("It is added to Pods; the mutator adds it to every kind.")
	}
}

var step = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\[(\w+):\s*([^\]]*)\])?\.?`)
})

// located is the part of a Pod that has a value at a location.
func located(location string, value any) (map[string]any, bool) {
	root := map[string]any{}
	at := root
	for location != "" {
		found := step().FindStringSubmatch(location)
		if found == nil {
			return nil, false
		}
		location = strings.TrimPrefix(location, found[0])
		name := strings.Trim(found[1], `"'`)
		switch {
		case found[2] != "" && found[3] == "*" && location != "":
			item := map[string]any{}
			at[name] = []any{item}
			at = item
		case found[2] != "" && location == "" && value != nil:
			at[name] = []any{value}
		case found[2] != "":
			return nil, false
		case location == "":
			at[name] = value
		default:
			below := map[string]any{}
			at[name] = below
			at = below
		}
	}
	return root, true
}
