package migrate

import (
	"slices"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// Result is what became of policies.
type Result struct {
	Rows    []Row    `json:"policies"`
	Summary Summary  `json:"summary"`
	Notes   []string `json:"notes"`
	// Proof is there if somebody wants one.
	Proof  *Proof            `json:"proof,omitempty"`
	Errors []*manifest.Error `json:"-"`

	// Objects are the Guardrails and Exemptions. Each compiles.
	Objects guardrail.Objects `json:"-"`
	// Tests are what other tools' tests have become. They are no objects of a cluster.
	Tests []v1alpha1.GuardrailTest `json:"-"`
}

// Row is what became of one rule of a policy.
type Row struct {
	Source    string         `json:"source"`
	Kind      string         `json:"kind"`
	Namespace string         `json:"namespace,omitempty"`
	Policy    string         `json:"policy"`
	Rule      string         `json:"rule,omitempty"`
	Outcome   policy.Outcome `json:"outcome"`
	// Differences are sentences, of what is nearly the same.
	Differences []string `json:"differences,omitempty"`
	// Why and Instead are of what is left.
	Why     string `json:"why,omitempty"`
	Instead string `json:"instead,omitempty"`
	// Became are the checks, defaults and rules, as GUARDRAIL/NAME, and Exemptions as NAMESPACE/NAME.
	Became []string `json:"became,omitempty"`
	File   string   `json:"file"`
	Line   int      `json:"line"`
}

// Summary counts rules by their outcomes.
type Summary struct {
	Policies   int `json:"policies"`
	Rules      int `json:"rules"`
	Exact      int `json:"exact"`
	Nearly     int `json:"nearly"`
	Left       int `json:"left"`
	Guardrails int `json:"guardrails"`
	Exemptions int `json:"exemptions"`
	Tests      int `json:"tests"`
}

// Run makes Guardrails and Exemptions of policies.
func Run(in *policy.Inputs) *Result {
	r := &Result{Rows: []Row{}, Notes: []string{}}
	a := newAssembly()
	var met []string
	for _, o := range in.Objects {
		for i := range sources {
			if !sources[i].reads(o) {
				continue
			}
			rules := sources[i].rules(o, in)
			for j := range rules {
				rules[j].Source, rules[j].Policy = sources[i].name, o
			}
			a.add(o, rules)
			if len(rules) > 0 && !slices.Contains(met, sources[i].name) {
				met = append(met, sources[i].name)
			}
		}
	}
	a.finish()
	r.Rows, r.Objects = a.rows(), a.objects
	r.makeTests(in)
	r.count()
	if len(r.Rows) > 0 {
		r.Notes = append(r.Notes, everywhere...)
	}
	for i := range sources {
		if slices.Contains(met, sources[i].name) {
			r.Notes = append(r.Notes, sources[i].differs...)
		}
	}
	return r
}

func (r *Result) count() {
	policies := map[[5]string]bool{}
	for i := range r.Rows {
		row := &r.Rows[i]
		policies[[5]string{row.Source, row.Kind, row.Namespace, row.Policy, row.File}] = true
		switch row.Outcome {
		case policy.Exact:
			r.Summary.Exact++
		case policy.Nearly:
			r.Summary.Nearly++
		case policy.Left:
			r.Summary.Left++
		}
	}
	r.Summary.Policies, r.Summary.Rules = len(policies), len(r.Rows)
	r.Summary.Tests = len(r.Tests)
	r.Summary.Guardrails, r.Summary.Exemptions = len(r.Objects.Guardrails), len(r.Objects.Exemptions)
}

// typed is a Guardrail by its name.
func typed(name string) v1alpha1.Guardrail {
	g := v1alpha1.Guardrail{}
	g.APIVersion, g.Kind, g.Name = v1alpha1.GroupVersion.String(), "Guardrail", name
	return g
}
