package report

import (
	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/workload"
)

// Report is all that there is to say of the inputs. Its JSON form is part of the contract.
type Report struct {
	// Results are the findings. In a report on many files they are only the last ones: see All.
	Results []Result `json:"results"`
	Errors  []Error  `json:"errors"`
	Summary Summary  `json:"summary"`

	// Completed are the objects that the guardrails complete, if somebody wants to know.
	Completed []Completed `json:"-"`
	// Notes are what one should know besides, a line each.
	Notes []string `json:"-"`
	// EvaluatedBy counts the objects of each guardrail, NotMatched has why it left others out.
	EvaluatedBy map[string]int             `json:"-"`
	NotMatched  map[string]map[string]bool `json:"-"`

	ignores map[Ignore]bool

	// packed are the findings that are no longer in Results, count is how many.
	packed  []block
	count   int
	inOrder bool
}

// Error is what could not be read. What could be read is evaluated all the same.
type Error struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Message string `json:"message"`
}

func (e *Error) String() string {
	return (&manifest.Error{Place: manifest.Place{File: e.File, Line: e.Line}, Text: e.Message}).Error()
}

// Result is one finding.
type Result struct {
	File      string               `json:"file"`
	Line      int                  `json:"line"`
	Column    int                  `json:"column"`
	EndLine   int                  `json:"endLine,omitempty"`
	EndColumn int                  `json:"endColumn,omitempty"`
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
	// Ignored is the reason that stands in the manifest. The cluster hears of no such reason.
	Ignored string `json:"ignored,omitempty"`

	// FixIsSafe says that the Fix changes nothing of what the object does.
	FixIsSafe bool `json:"-"`
	// Resource is the kind as kubectl writes it: deployments.apps.
	Resource string `json:"-"`
	// Rule says that Validator is a rule of a guardrail, and not in the catalogue.
	Rule bool `json:"-"`
	// Value is where the value stands or, where there is none, the nearest parent that is written.
	// Missing is the path from there.
	Value   manifest.Span `json:"-"`
	Missing string        `json:"-"`
	// Identity is the path by the names of items, which stays when these change places.
	Identity string `json:"-"`
	// Cause is the finding without its place and what follows from it.
	Cause string `json:"-"`
	// Must is what must be: the message without what is there.
	Must string `json:"-"`
	// Excerpt, Changes and Diff are for outputs that quote the manifest and mend it. Else they are nil,
	// and Diff is where it takes more than a few lines.
	Excerpt *manifest.Excerpt      `json:"-"`
	Changes []manifest.Replacement `json:"-"`
	Diff    *manifest.Diff         `json:"-"`
}

// Completed is an object that the guardrails complete: a Pod or, by what its Pods will get, a template.
type Completed struct {
	File, Resource, Kind, Namespace, Name string

	Applied []guardrail.Applied
	Patch   []workload.Operation
}

// Skipped is an object that no guardrail evaluates. Where nothing is found, it must show that nothing
// was looked at.
type Skipped struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Reason    string `json:"reason"`

	// By are the guardrails that it is about, where it is about some.
	By string `json:"-"`
}

// Summary counts.
type Summary struct {
	Files     int       `json:"files"`
	Objects   int       `json:"objects"`
	Evaluated int       `json:"evaluated"`
	Skipped   []Skipped `json:"skipped"`
	Denied    int       `json:"denied"`
	Warned    int       `json:"warned"`
	Audited   int       `json:"audited"`
	Exempted  int       `json:"exempted"`
	Ignored   int       `json:"ignored,omitempty"`
}

// New is a report of nothing.
func New() *Report {
	return &Report{
		Results: []Result{}, Errors: []Error{}, Summary: Summary{Skipped: []Skipped{}},
		EvaluatedBy: map[string]int{}, NotMatched: map[string]map[string]bool{}, ignores: map[Ignore]bool{},
	}
}

// Note adds a line that one should know besides.
func (r *Report) Note(text string) {
	if text != "" {
		r.Notes = append(r.Notes, printable.Text(text))
	}
}

// Add adds a finding, and counts it.
func (r *Report) Add(result Result) {
	switch {
	case result.Ignored != "":
		r.Summary.Ignored++
	case result.Action == v1alpha1.Deny:
		r.Summary.Denied++
	case result.Action == v1alpha1.Audit:
		r.Summary.Audited++
	default:
		r.Summary.Warned++
	}
	r.Results = append(r.Results, result)
}

// Merge adds what another report says of other inputs.
func (r *Report) Merge(other *Report) {
	r.Results = append(r.Results, other.Results...)
	r.Errors = append(r.Errors, other.Errors...)
	r.Notes = append(r.Notes, other.Notes...)
	r.Completed = append(r.Completed, other.Completed...)
	s, o := &r.Summary, &other.Summary
	s.Files += o.Files
	s.Objects += o.Objects
	s.Evaluated += o.Evaluated
	s.Skipped = append(s.Skipped, o.Skipped...)
	s.Denied += o.Denied
	s.Warned += o.Warned
	s.Audited += o.Audited
	s.Exempted += o.Exempted
	s.Ignored += o.Ignored
	for what, anything := range other.ignores {
		r.Ignores(what, anything)
	}
	for name, n := range other.EvaluatedBy {
		r.EvaluatedBy[name] += n
	}
	for name, reasons := range other.NotMatched {
		for why := range reasons {
			r.NotMatchedBy(name, why)
		}
	}
}

// NotMatchedBy notes why a guardrail left an object out.
func (r *Report) NotMatchedBy(guardrail, why string) {
	if r.NotMatched[guardrail] == nil {
		r.NotMatched[guardrail] = map[string]bool{}
	}
	r.NotMatched[guardrail][why] = true
}
