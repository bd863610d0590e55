package gatekeeper

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

const (
	constraints = "constraints.gatekeeper.sh"
	templates   = "templates.gatekeeper.sh"
	mutations   = "mutations.gatekeeper.sh"
	configs     = "config.gatekeeper.sh"
)

// Reads tells whether an object is one of Gatekeeper's.
func Reads(o *policy.Object) bool {
	return slices.Contains([]string{constraints, templates, mutations, configs}, o.Group())
}

// Of makes a rule of a constraint, a mutator or a Config.
func Of(o *policy.Object, in *policy.Inputs) []policy.Rule {
	switch o.Group() {
	case constraints:
		return ofConstraint(o, in)
	case mutations:
		return ofMutator(o, in)
	case configs:
		return ofConfig(o)
	}
	for _, other := range in.Objects {
		if other.Group() == constraints && strings.EqualFold(other.Kind, o.Name) {
			return nil // its rows are those of its constraints
		}
	}
	return left("no constraint of the template is among the inputs, and without one it acts on nothing", "give its constraints as input, or drop it")
}

func left(why, instead string) []policy.Rule {
	r := policy.Rule{}
	r.Leave(why, instead)
	return []policy.Rule{r}
}

// constraint is the object that a user writes of a template.
type constraint struct {
	Spec struct {
		EnforcementAction        string         `json:"enforcementAction"`
		ScopedEnforcementActions []scopedAction `json:"scopedEnforcementActions"`
		Match                    match          `json:"match"`
		Parameters               map[string]any `json:"parameters"`
	} `json:"spec"`
}

type scopedAction struct {
	Action            string `json:"action"`
	EnforcementPoints []struct {
		Name string `json:"name"`
	} `json:"enforcementPoints"`
}

type match struct {
	Kinds              []kindsOf             `json:"kinds"`
	Namespaces         []string              `json:"namespaces"`
	ExcludedNamespaces []string              `json:"excludedNamespaces"`
	NamespaceSelector  *metav1.LabelSelector `json:"namespaceSelector"`
	LabelSelector      *metav1.LabelSelector `json:"labelSelector"`
	Scope              string                `json:"scope"`
	Name               string                `json:"name"`
	Source             string                `json:"source"`
}

type kindsOf struct {
	APIGroups []string `json:"apiGroups"`
	Kinds     []string `json:"kinds"`
}

// translation is what one constraint becomes.
type translation struct {
	policy.Rule
	of         *policy.Object
	in         *policy.Inputs
	match      v1alpha1.Match
	part       policy.Part
	kinds      []kindsOf
	parameters parameters
}

func ofConstraint(o *policy.Object, in *policy.Inputs) []policy.Rule {
	var c constraint
	unknown, err := policy.Decode(map[string]any{"spec": o.Content["spec"]}, &c)
	if err != nil {
		return left("its fields cannot be read: "+err.Error(), "mend it")
	}
	if len(unknown) > 0 {
		return left("it has fields that are not known here: "+unknown[0], "write the Guardrail by hand")
	}
	t := &translation{of: o, in: in}
	t.selects(&c.Spec.Match)
	excludeConfigured(&t.match, in, "webhook")
	action, acts := c.action()
	t.become(c.Spec.Parameters)
	switch {
	case t.Left != "":
	case !acts:
		t.Differ("It acts at no admission there; here it is recorded (Audit).")
		action = v1alpha1.Audit
	}
	t.part.Match = t.match
	t.part.WithAction(action)
	if t.Left == "" {
		t.Parts = []policy.Part{t.part}
	}
	return []policy.Rule{t.Rule}
}

// become asks the template, if there is one in CEL, or the library.
func (t *translation) become(params map[string]any) {
	template := t.template()
	if t.inCEL(template, params) {
		return
	}
	translate, known := library[t.of.Kind]
	if !known {
		t.Leave("its template is written in Rego, and is none of gatekeeper-library", "write a rule in CEL: docs/rules.md has ten examples")
		return
	}
	if template != nil && template.Annotations()["metadata.gatekeeper.sh/version"] == "" {
		t.Differ("Its template has the name of one of gatekeeper-library, and not that library's version: its Rego may ask for something else.")
	}
	if unknown, err := policy.Decode(params, &t.parameters); err != nil || len(unknown) > 0 {
		why := "its parameters are not those of gatekeeper-library's template"
		if len(unknown) > 0 {
			why += ": " + unknown[0]
		}
		t.Leave(why, "write a rule in CEL")
		return
	}
	t.parameters.given = params
	translate(t)
	t.ofKinds()
}

func (t *translation) template() *policy.Object {
	for _, o := range t.in.Of(templates, "ConstraintTemplate") {
		if o.Name == strings.ToLower(t.of.Kind) {
			return o
		}
	}
	return nil
}

// action is what follows from a violation at admission.
func (c *constraint) action() (action v1alpha1.Action, acts bool) {
	named := func(name string) (v1alpha1.Action, bool) {
		switch name {
		case "", "deny":
			return v1alpha1.Deny, true
		case "warn":
			return v1alpha1.Warn, true
		case "dryrun":
			return v1alpha1.Audit, true
		}
		return v1alpha1.Audit, false
	}
	if c.Spec.EnforcementAction != "scoped" {
		return named(c.Spec.EnforcementAction)
	}
	order := []v1alpha1.Action{v1alpha1.Audit, v1alpha1.Warn, v1alpha1.Deny}
	action = v1alpha1.Audit
	for _, scoped := range c.Spec.ScopedEnforcementActions {
		for _, point := range scoped.EnforcementPoints {
			if a, known := named(scoped.Action); known && slices.Contains([]string{"validation.gatekeeper.sh", "vap.k8s.io", "*"}, point.Name) {
				acts = true
				if slices.Index(order, a) > slices.Index(order, action) {
					action = a
				}
			}
		}
	}
	return action, acts
}

// selects carries over what a constraint matches, its kinds aside.
func (t *translation) selects(m *match) {
	t.kinds = m.Kinds
	policy.InNamespaces(&t.match, m.Namespaces)
	policy.NotInNamespaces(&t.match, m.ExcludedNamespaces)
	t.match.NamespaceSelector = policy.Both(t.match.NamespaceSelector, policy.Selects(m.NamespaceSelector))
	t.match.ObjectSelector = policy.Selects(m.LabelSelector)
	switch m.Scope {
	case "Namespaced":
		policy.Condition(&t.match, "scope", policy.RequestNamespace+` != "" && request.kind.kind != "Namespace"`)
	case "Cluster":
		policy.Condition(&t.match, "scope", policy.RequestNamespace+` == "" || request.kind.kind == "Namespace"`)
	}
	if m.Name != "" {
		policy.Condition(&t.match, "name", policy.Glob(policy.RequestName, m.Name))
		if policy.IsGlob(m.Name) {
			t.Differ("The pattern of a name is not compared with generateName.")
		}
	}
	switch m.Source {
	case "Generated":
		t.Leave("it is for what ExpansionTemplates generate alone (source: Generated)", "nothing: checks of Pods evaluate templates")
	case "Original":
		t.Differ("Templates are evaluated, too; source: Original left them out.")
	}
}

// any tells whether a list of groups or kinds leaves nothing out.
func anything(list []string) bool { return len(list) == 0 || slices.Contains(list, "*") }

// names are the kinds that the constraint is for; none for all.
func (t *translation) names() (names []string) {
	for _, k := range t.kinds {
		if anything(k.Kinds) {
			return nil
		}
		names = append(names, k.Kinds...)
	}
	return names
}

// ofKinds narrows checks to the kinds that the constraint is for. A check that looks at nothing else
// needs no condition, and one of Pods evaluates templates for them.
func (t *translation) ofKinds() {
	names := t.names()
	if len(names) == 0 {
		var groups []string
		for _, k := range t.kinds {
			if anything(k.APIGroups) {
				return
			}
			groups = append(groups, k.APIGroups...)
		}
		if len(groups) > 0 {
			policy.Condition(&t.match, "groups", policy.AnyGlob("request.kind.group", groups))
		}
		return
	}
	if !slices.ContainsFunc(t.part.Validators, func(v v1alpha1.Validator) bool { return looksAtMore(&v, names) }) {
		return
	}
	policy.OfKinds(&t.match, names)
}

// config is the one Config. What else it has is about what Gatekeeper keeps in memory.
type config struct {
	Match      []exclusion    `json:"match"`
	Sync       map[string]any `json:"sync"`
	Validation map[string]any `json:"validation"`
	Readiness  map[string]any `json:"readiness"`
}

type exclusion struct {
	ExcludedNamespaces []string `json:"excludedNamespaces"`
	Processes          []string `json:"processes"`
}

// ofConfig gives account of the one Config: what it excludes is in the match of each Guardrail.
func ofConfig(o *policy.Object) []policy.Rule {
	var c config
	unknown, err := policy.Decode(o.Content["spec"], &c)
	if err != nil || len(unknown) > 0 {
		return left(fmt.Sprintf("it has fields that are not known here: %v %v", unknown, err), "narrow the match of the Guardrails by hand")
	}
	if len(c.Match) == 0 {
		c.Match = []exclusion{{Processes: []string{"sync"}}}
	}
	var out []policy.Rule
	for i, entry := range c.Match {
		r := policy.Rule{Name: fmt.Sprintf("match[%d]", i)}
		if o.Name != "config" {
			r.Leave("Gatekeeper reads the Config named config alone", "drop it")
		}
		if !entry.from("webhook") && !entry.from("mutation-webhook") {
			r.Differ("It excludes from audit or sync alone; what is admitted is audited here.")
		}
		out = append(out, r)
	}
	return out
}

func (e *exclusion) from(process string) bool {
	return slices.Contains(e.Processes, process) || slices.Contains(e.Processes, "*")
}

// excludeConfigured leaves out the namespaces that the Config excludes from a process.
func excludeConfigured(m *v1alpha1.Match, in *policy.Inputs, process string) {
	for _, o := range in.Of(configs, "Config") {
		var c config
		if _, err := policy.Decode(o.Content["spec"], &c); err != nil || o.Name != "config" {
			continue
		}
		for i := range c.Match {
			if c.Match[i].from(process) {
				policy.NotInNamespaces(m, c.Match[i].ExcludedNamespaces)
			}
		}
	}
}
