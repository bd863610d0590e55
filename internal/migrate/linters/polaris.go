package linters

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// The kinds that configuration files are given here: they have none of their own.
const (
	Polaris        = "PolarisConfiguration"
	KubeLinter     = "KubeLinterConfiguration"
	KRail          = "KRailConfiguration"
	KRailExemption = "KRailExemptions"
)

const polarisPrefix = "polaris.fairwinds.com/"

// ReadsPolaris tells whether an object is Polaris' configuration or carries its annotations.
func ReadsPolaris(o *policy.Object) bool { return o.Kind == Polaris || annotated(o, polarisPrefix) }

func annotated(o *policy.Object, prefix string) bool {
	return slices.ContainsFunc(keys(o.Annotations()), func(key string) bool { return strings.HasPrefix(key, prefix) })
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

type polaris struct {
	Checks       map[string]string         `json:"checks"`
	CustomChecks map[string]map[string]any `json:"customChecks"`
	Exemptions   []struct {
		Namespace       string   `json:"namespace"`
		ControllerNames []string `json:"controllerNames"`
		ContainerNames  []string `json:"containerNames"`
		Rules           []string `json:"rules"`
	} `json:"exemptions"`
	Mutations                    []string `json:"mutations"`
	DisplayName                  string   `json:"displayName"`
	DisallowExemptions           bool     `json:"disallowExemptions"`
	DisallowConfigExemptions     bool     `json:"disallowConfigExemptions"`
	DisallowAnnotationExemptions bool     `json:"disallowAnnotationExemptions"`
	KubeContext                  string   `json:"kubeContext"`
	Namespace                    string   `json:"namespace"`
}

// OfPolaris makes a check of each one that has a severity, and an Exemption of each exemption.
func OfPolaris(o *policy.Object, in *policy.Inputs) []policy.Rule {
	if o.Kind != Polaris {
		return ofAnnotations(o, in, Polaris, polarisPrefix+"exempt", func(key string) string {
			name, is := strings.CutPrefix(key, polarisPrefix)
			name, ends := strings.CutSuffix(name, "-exempt")
			if !is || !ends {
				return ""
			}
			return name
		})
	}
	var c polaris
	unknown, err := policy.Decode(o.Content, &c)
	if err != nil {
		return left("its fields cannot be read: "+err.Error(), "mend it")
	}
	out := leftUnknown(unknown)
	t := tables["polaris"]()
	for _, name := range keys(c.Checks) {
		if c.Checks[name] == "ignore" {
			continue
		}
		r := policy.Rule{Name: name}
		if custom, is := c.CustomChecks[name]; is {
			c.custom(&r, name, custom)
		} else {
			t.become(&r, name, c.action(name), nil)
		}
		out = append(out, r)
	}
	for _, name := range keys(c.CustomChecks) {
		if c.Checks[name] == "" {
			r := policy.Rule{Name: name}
			r.Leave("it has no severity among checks, and is off", "drop it")
			out = append(out, r)
		}
	}
	for _, name := range c.Mutations {
		r := policy.Rule{Name: "mutations " + name}
		r.Leave("it changes objects to what the check wants", "use the defaults of the catalogue: `taffrail explain` lists them")
		out = append(out, r)
	}
	return append(out, c.exemptions(o, in)...)
}

func (c *polaris) action(name string) v1alpha1.Action {
	if c.Checks[name] == "danger" {
		return v1alpha1.Deny
	}
	return v1alpha1.Warn
}

// custom is a check of one's own: bounds of resources are a check here, JSON Schemas are none.
func (c *polaris) custom(r *policy.Rule, name string, custom map[string]any) {
	schema, _ := custom["schema"].(map[string]any)
	bounds := map[string]any{}
	for _, what := range []string{"limits", "requests"} {
		one := map[string]any{}
		resource, lowest, highest := find(schema, what)
		if lowest != nil {
			one["min"] = map[string]any{resource: lowest}
		}
		if highest != nil {
			one["max"] = map[string]any{resource: highest}
		}
		if len(one) > 0 {
			bounds[what] = one
		}
	}
	if len(bounds) == 0 {
		r.Leave("it is a JSON Schema", byHand)
		return
	}
	part := policy.Part{Validators: []v1alpha1.Validator{policy.Check("resource-bounds", bounds)}}
	part.WithAction(c.action(name))
	r.Parts = []policy.Part{part}
	r.Differ("What else the schema asks for is not.")
}

// find finds resourceMinimum and resourceMaximum below limits or requests.
func find(schema map[string]any, what string) (resource string, lowest, highest any) {
	at := schema
	for _, name := range []string{"properties", "resources", "properties", what, "properties"} {
		at, _ = at[name].(map[string]any)
	}
	for _, name := range keys(at) {
		one, _ := at[name].(map[string]any)
		if one["resourceMinimum"] != nil || one["resourceMaximum"] != nil {
			return name, one["resourceMinimum"], one["resourceMaximum"]
		}
	}
	return "", nil, nil
}

func (c *polaris) exemptions(o *policy.Object, in *policy.Inputs) (out []policy.Rule) {
	for i, e := range c.Exemptions {
		r := policy.Rule{Name: fmt.Sprintf("exemptions[%d]", i)}
		switch {
		case c.DisallowExemptions || c.DisallowConfigExemptions:
			r.Leave("exemptions are disallowed, and it is not in force", "drop it")
		case e.Namespace == "":
			r.Leave("it holds in every namespace, and an Exemption in one", ownExemption)
		default:
			exempts(&r, in, o, e.Rules, fmt.Sprintf("polaris-%d", i), e.Namespace, "exemption of Polaris' configuration",
				v1alpha1.ExemptionSpec{Names: prefixes(e.ControllerNames), Containers: prefixes(e.ContainerNames)})
		}
		out = append(out, r)
	}
	return out
}

func prefixes(names []string) (out []string) {
	for _, name := range names {
		out = append(out, strings.TrimSuffix(name, "*")+"*")
	}
	return out
}
