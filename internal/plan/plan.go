package plan

import (
	"encoding/json"
	"io"
	"slices"
	"time"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// Plan is what becomes different. Its JSON form is a part of the contract.
type Plan struct {
	// Old and New are the guardrails, by the names that they were asked for.
	Old string `json:"old"`
	New string `json:"new"`
	// Changes are in the order in which to read them: what breaks comes first.
	Changes []Change `json:"changes"`
	Summary Summary  `json:"summary"`
	// Log is what was read of an audit log, where the objects come from one.
	Log *Log `json:"log,omitempty"`
	// Errors are about what could not be read. What could be read is compared all the same.
	Errors []report.Error `json:"errors"`
	// Notes are what one should know besides, a line each.
	Notes []string `json:"notes"`
}

// What becomes different.
type What string

// The changes, in the order in which they are told.
const (
	NewlyRefused   What = "newlyRefused"
	PerhapsRefused What = "perhapsRefused"
	// RefusedOtherwise is what was refused before and still is, by other findings.
	RefusedOtherwise   What = "refusedOtherwise"
	NewlyWarned        What = "newlyWarned"
	NewlyDefaulted     What = "newlyDefaulted"
	DefaultedOtherwise What = "defaultedOtherwise"
	NoLongerRefused    What = "noLongerRefused"
	NoLongerWarned     What = "noLongerWarned"
	NoLongerDefaulted  What = "noLongerDefaulted"
	NewlyAudited       What = "newlyAudited"
	NoLongerAudited    What = "noLongerAudited"
)

// all are the changes in their order, in words.
var all = []titled{
	{NewlyRefused, "newly refused"},
	{PerhapsRefused, "perhaps newly refused"},
	{RefusedOtherwise, "still refused, by other findings"},
	{NewlyWarned, "newly warned"},
	{NewlyDefaulted, "newly changed by defaults"},
	{DefaultedOtherwise, "changed by other defaults"},
	{NoLongerRefused, "no longer refused"},
	{NoLongerWarned, "no longer warned"},
	{NoLongerDefaulted, "no longer changed by defaults"},
	{NewlyAudited, "newly audited"},
	{NoLongerAudited, "no longer audited"},
}

type titled struct {
	what  What
	title string
}

// Change is what becomes different of a workload.
type Change struct {
	What     What     `json:"change"`
	Workload Workload `json:"workload"`
	// File is where the workload is written, where it comes from manifests.
	File string `json:"file,omitempty"`
	// Objects are how many of the workload's objects it is about or, of an audit log, requests.
	Objects  int       `json:"objects"`
	Findings []Finding `json:"findings,omitempty"`
	// Defaults are those that complete it and, where none do any longer, those that did. Patch is
	// what they newly do to the first of the objects, OldPatch what is no longer done to it.
	Defaults []Default            `json:"defaults,omitempty"`
	Patch    []workload.Operation `json:"patch,omitempty"`
	OldPatch []workload.Operation `json:"oldPatch,omitempty"`
	// Requests are the first of those of an audit log.
	Requests []Request `json:"requests,omitempty"`
}

// Workload is what controls objects in the end: the object itself, where nothing does.
type Workload struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// Finding is one that makes the difference. Its action is what follows from it now or, where it is
// no longer found, what did.
type Finding struct {
	report.Result
	// Old and New are what followed, and what follows. They are empty where it is not found.
	Old v1alpha1.Action `json:"old,omitempty"`
	New v1alpha1.Action `json:"new,omitempty"`
}

// Default names one of a guardrail.
type Default struct {
	Guardrail string `json:"guardrail"`
	Mutator   string `json:"mutator"`
}

// Request is one of an audit log.
type Request struct {
	AuditID   string    `json:"auditID"`
	Time      time.Time `json:"time,omitzero"`
	User      string    `json:"user"`
	Operation string    `json:"operation"`
	Resource  string    `json:"resource"`
	Namespace string    `json:"namespace,omitempty"`
	Name      string    `json:"name,omitempty"`
	// Refused says that admission refused it at that time, for whatever reason.
	Refused bool `json:"refused,omitempty"`
}

// Summary counts.
type Summary struct {
	// Objects are those that were compared or, of an audit log, requests.
	Objects int `json:"objects"`
	// Evaluated are those that a guardrail looks at: by the old ones or the new ones, whichever are
	// more.
	Evaluated int `json:"evaluated"`
	// Changes counts objects, or requests, by what becomes different of them.
	Changes map[What]int `json:"changes"`
	// Left is how many objects, or requests, are counted and not among the changes: there are so
	// many workloads.
	Left int `json:"left,omitempty"`
}

// Refuses tells whether anything is newly refused.
func (p *Plan) Refuses() bool { return p.Summary.Changes[NewlyRefused] > 0 }

func newPlan(from, to *Side) *Plan {
	return &Plan{
		Old: from.Name, New: to.Name, Changes: []Change{}, Summary: Summary{Changes: map[What]int{}},
		Errors: []report.Error{}, Notes: slices.Concat(from.Notes, to.Notes),
	}
}

func defaultsOf(applied []guardrail.Applied) (all []Default) {
	for _, a := range applied {
		all = append(all, Default(a))
	}
	return all
}

// WriteJSON writes the plan for machines.
func (p *Plan) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(p)
}
