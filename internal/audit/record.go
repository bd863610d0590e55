package audit

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unique"

	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
)

// record is all that is kept of an object. What many have alike, they share: there may be 100,000 of
// them.
type record struct {
	uid             types.UID
	namespace, name string
	// owner controls the object; it is zero where nobody does.
	owner unique.Handle[Object]
	// covered are the guardrails that evaluate it, joined; it is zero where none does.
	covered  unique.Handle[string]
	excluded bool
	findings []seen
	exempted []unique.Handle[exempted]
	// problem is why it could not be evaluated.
	problem string
	// facts are for checks over all objects together, and at is how they name the object.
	facts []sets.Fact
	at    sets.At
	// round is that of the list that it was last in.
	round uint32
}

// seen is a finding, and since when it is there, in Unix seconds.
type seen struct {
	unique.Handle[finding]
	since int64
}

// finding is what is kept of one.
type finding struct {
	guardrail, validator, control string
	action                        v1alpha1.Action
	severity, path, message       string
	fix                           string // as JSON: operations cannot be compared
	rule                          bool
}

// exempted is a finding that an Exemption lets through.
type exempted struct{ namespace, exemption, guardrail string }

// separator is between names that are joined: none can have it.
const separator = "\x00"

func joined(names []string) (h unique.Handle[string]) {
	if len(names) == 0 {
		return h
	}
	return unique.Make(strings.Join(names, separator))
}

func (r *record) isOwned() bool { return r.owner != unique.Handle[Object]{} }

func (r *record) isCovered() bool { return r.covered != unique.Handle[string]{} }

// foundBy are the findings of a decision, and what is exempt.
func foundBy(d *guardrail.Decision, namespace string, now time.Time) (findings []seen, exempt []unique.Handle[exempted]) {
	for _, f := range d.Findings {
		findings = append(findings, seen{findingOf(f), now.Unix()})
	}
	for _, f := range d.Exempted {
		exempt = append(exempt, unique.Make(exempted{namespace, f.Exemption, f.Guardrail}))
	}
	return findings, exempt
}

func findingOf(f *guardrail.Finding) unique.Handle[finding] {
	out := finding{
		guardrail: f.Guardrail, validator: f.Validator, control: f.Control, action: f.Action, severity: string(f.Severity),
		path: f.Path.String(), message: report.MessageOf(f), rule: f.Rule,
	}
	if len(f.Fix) > 0 {
		if raw, err := json.Marshal(f.Fix); err == nil {
			out.fix = string(raw)
		}
	}
	return unique.Make(out)
}

// operations are those of the fix. Their values stay JSON.
func (f *finding) operations() []workload.Operation {
	if f.fix == "" {
		return nil
	}
	var read []struct {
		Op    string          `json:"op"`
		Path  string          `json:"path"`
		Value json.RawMessage `json:"value"`
	}
	if json.Unmarshal([]byte(f.fix), &read) != nil {
		return nil
	}
	all := make([]workload.Operation, len(read))
	for i, o := range read {
		all[i] = workload.Operation{Op: o.Op, Path: o.Path}
		if o.Value != nil {
			all[i].Value = o.Value
		}
	}
	return all
}

// keepSince takes over from what was there before, since when findings are there.
func keepSince(findings, before []seen) {
	for i := range findings {
		f := &findings[i]
		if j := slices.IndexFunc(before, func(b seen) bool { return b.Handle == f.Handle }); j >= 0 {
			f.since = before[j].since
		}
	}
}

// same tells whether two records make the same report.
func (r *record) same(other *record) bool {
	return r.namespace == other.namespace && r.name == other.name && r.owner == other.owner &&
		r.covered == other.covered && r.excluded == other.excluded && r.problem == other.problem &&
		slices.Equal(r.findings, other.findings) && slices.Equal(r.exempted, other.exempted)
}
