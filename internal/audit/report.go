package audit

import (
	"time"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/report"
)

// Report is what is in a cluster that breaks a rule.
type Report struct {
	Results []Result `json:"results"`
	Summary Summary  `json:"summary"`
	// Namespaces are those that hold an object, by name. What is in none is under the empty name.
	Namespaces []NamespaceSummary `json:"namespaces"`
	// Guardrails are those in force, by name.
	Guardrails []GuardrailSummary `json:"guardrails"`
	// Exemptions are all that could be read, by namespace and name.
	Exemptions []ExemptionSummary `json:"exemptions"`
	// Notes are what could not be looked at, and what else one should know, a line each.
	Notes []string `json:"notes"`
	// Time is as of when all of it is known to hold: nothing in it was made, or confirmed by a watch,
	// before.
	Time time.Time `json:"time,omitzero"`
}

// Result is a finding of a workload, with that of the objects that it controls.
type Result struct {
	report.Result
	// Owner controls the objects. It is the object itself, where nobody does.
	Owner Object `json:"owner"`
	// Objects are how many have the finding.
	Objects int `json:"objects"`
	// FirstSeen is since when it has been found. It is zero in a report of one look.
	FirstSeen time.Time `json:"firstSeen,omitzero"`
}

// Summary counts. Denied, Warned and Audited count results; the others count objects, but for
// Exempted, which counts findings of objects.
type Summary struct {
	Objects   int `json:"objects"`
	Evaluated int `json:"evaluated"`
	// Passed were evaluated, and nothing was found, not even what is exempt.
	Passed int `json:"passed"`
	// Excluded are objects in namespaces that no guardrail ever matches in.
	Excluded int `json:"excluded"`
	Denied   int `json:"denied"`
	Warned   int `json:"warned"`
	Audited  int `json:"audited"`
	Exempted int `json:"exempted"`
}

// count counts a result.
func (s *Summary) count(action v1alpha1.Action) {
	switch action {
	case v1alpha1.Deny:
		s.Denied++
	case v1alpha1.Audit:
		s.Audited++
	default:
		s.Warned++
	}
}

// NamespaceSummary counts what is in a Namespace.
type NamespaceSummary struct {
	Name string `json:"name"`
	Summary
}

// GuardrailSummary is what a Guardrail in force comes to.
type GuardrailSummary struct {
	Name       string             `json:"name"`
	Validators []ValidatorSummary `json:"validators"`
	// Objects are how many it evaluates.
	Objects  int `json:"objects"`
	Denied   int `json:"denied"`
	Warned   int `json:"warned"`
	Audited  int `json:"audited"`
	Exempted int `json:"exempted"`
}

// ValidatorSummary is a check or a rule in force.
type ValidatorSummary struct {
	Name string `json:"name"`
	// Action follows from a finding, from EnforceFrom on if that is set.
	Action      v1alpha1.Action `json:"action"`
	EnforceFrom *time.Time      `json:"enforceFrom,omitempty"`
	// Rule says that it is a rule of the Guardrail, and not in the catalogue.
	Rule bool `json:"rule,omitempty"`
}

// ExemptionSummary is an Exemption, and what it lets through.
type ExemptionSummary struct {
	Name      string     `json:"name"`
	Namespace string     `json:"namespace,omitempty"`
	Owner     string     `json:"owner"`
	Reason    string     `json:"reason"`
	Expires   *time.Time `json:"expires,omitempty"`
	// Used are how many objects have a finding that it lets through now.
	Used int `json:"used"`
	// LastUsed is when it last let a request through, as the webhook has noted.
	LastUsed *time.Time `json:"lastUsed,omitempty"`
}
