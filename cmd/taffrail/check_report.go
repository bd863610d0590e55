package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/workload"
)

// checkReport is all that there is to say of the inputs. Its JSON form is part of the contract.
type checkReport struct {
	Results []checkResult `json:"results"`
	Errors  []checkError  `json:"errors"`
	Summary checkSummary  `json:"summary"`

	notes []string
	// evaluatedBy counts the objects of each guardrail, and notMatched has why it left others out.
	evaluatedBy map[string]int
	notMatched  map[string]map[string]bool
}

// checkError is what could not be read. What could be read is evaluated all the same.
type checkError struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Message string `json:"message"`
}

func (e *checkError) String() string {
	return (&manifest.Error{Place: manifest.Place{File: e.File, Line: e.Line}, Text: e.Message}).Error()
}

// checkResult is one finding.
type checkResult struct {
	File      string               `json:"file"`
	Line      int                  `json:"line"`
	Column    int                  `json:"column"`
	Kind      string               `json:"kind"`
	Namespace string               `json:"namespace"`
	Name      string               `json:"name"`
	Guardrail string               `json:"guardrail"`
	Validator string               `json:"validator"`
	Control   string               `json:"control"`
	Action    v1alpha1.Action      `json:"action"`
	Severity  string               `json:"severity"`
	Path      string               `json:"path"`
	Message   string               `json:"message"`
	Fix       []workload.Operation `json:"fix,omitempty"`

	resource string // as kubectl writes it: deployments.apps
	rule     bool   // Validator is not in the catalogue
}

// checkSummary counts.
type checkSummary struct {
	Files     int            `json:"files"`
	Objects   int            `json:"objects"`
	Evaluated int            `json:"evaluated"`
	Skipped   []checkSkipped `json:"skipped"`
	Denied    int            `json:"denied"`
	Warned    int            `json:"warned"`
	Audited   int            `json:"audited"`
	Exempted  int            `json:"exempted"`
}

func newCheckReport(input *manifest.Input) *checkReport {
	r := &checkReport{
		Results: []checkResult{}, Errors: []checkError{}, Summary: checkSummary{Skipped: []checkSkipped{}},
		evaluatedBy: map[string]int{}, notMatched: map[string]map[string]bool{},
	}
	for _, err := range input.Errors {
		r.Errors = append(r.Errors, checkError{err.File, err.Line, err.Text})
	}
	r.Summary.Files = input.Files
	r.Summary.Objects = len(input.Objects)
	if n := len(input.Skipped); n == 1 {
		r.note(fmt.Sprintf("%s: is no Kubernetes object, passed over", input.Skipped[0]))
	} else if n > 1 {
		r.note(fmt.Sprintf("%s: is no Kubernetes object, passed over (and %d more like it)", input.Skipped[0], n-1))
	}
	return r
}

func (r *checkReport) note(text string) {
	if text != "" {
		r.notes = append(r.notes, printable.Text(text))
	}
}

func (r *checkReport) unreadable(object *manifest.Object, err error) {
	pointer, text := explainDecoding(object, err)
	r.fail(object, pointer, text)
	r.Summary.Objects--
}

func (r *checkReport) fail(object *manifest.Object, pointer, text string) {
	line, _ := object.PositionAt(pointer)
	r.Errors = append(r.Errors, checkError{object.File, line, text})
}

// place is where a value is, as editors read it.
func place(object *manifest.Object, pointer string) string {
	line, column := object.PositionAt(pointer)
	return fmt.Sprintf("%s:%d:%d", object.File, line, column)
}

func (r *checkReport) add(object *manifest.Object, decision *guardrail.Decision) {
	r.Summary.Exempted += len(decision.Exempted)
	r.Summary.Denied += len(decision.With(v1alpha1.Deny))
	r.Summary.Warned += len(decision.With(v1alpha1.Warn))
	r.Summary.Audited += len(decision.With(v1alpha1.Audit))
	namespace := decision.Review.Namespace
	if _, namespaced := workload.ResourceFor(decision.Review.Kind); !namespaced {
		namespace = ""
	}
	for _, f := range decision.Expiring() {
		line, column := object.Position(f.Path)
		r.note(fmt.Sprintf("%s:%d:%d: warning: %s", object.File, line, column, f))
	}
	for _, f := range decision.Findings {
		line, column := object.Position(f.Path)
		r.Results = append(r.Results, checkResult{
			File: object.File, Line: line, Column: column,
			Kind: object.Kind, Namespace: namespace, Name: decision.Review.DisplayName(),
			Guardrail: f.Guardrail, Validator: f.Validator, Control: f.Control,
			Action: f.Action, Severity: string(f.Severity),
			Path: f.Path.String(), Message: messageOf(f), Fix: object.Fit(f.Fix),
			resource: decision.Review.GroupResource(), rule: f.Rule,
		})
	}
}

// messageOf is a finding without what a result has fields for.
func messageOf(f *guardrail.Finding) string {
	text := strings.TrimPrefix(f.String(), f.Validator+": ")
	return strings.TrimPrefix(text, f.Path.String()+": ")
}

// sort orders the findings as one reads the files.
func (r *checkReport) sort() {
	slices.SortStableFunc(r.Results, func(a, b checkResult) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// exit is the exit code. That something could not be read weighs more than what
// was found in the rest.
func (r *checkReport) exit(failOn string) error {
	switch {
	case len(r.Errors) > 0:
		return &exitError{code: exitUsage}
	case failOn == "never":
		return nil
	case r.Summary.Denied > 0, failOn == "warn" && r.Summary.Warned > 0:
		return &exitError{code: exitFailed}
	default:
		return nil
	}
}
