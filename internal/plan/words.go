package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/workload"
)

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// noun is what is compared.
func (p *Plan) noun() string {
	if p.Log != nil {
		return "request"
	}
	return "object"
}

func (w *Workload) String() string { return w.Kind + "/" + w.Name }

// place is the namespace of a workload, in words.
func (w *Workload) place() string { return cmp.Or(w.Namespace, "(cluster-scoped)") }

// counted are the changes that there are, in their order.
func (p *Plan) counted() (some []titled) {
	for _, one := range all {
		if p.Summary.Changes[one.what] > 0 {
			some = append(some, one)
		}
	}
	return some
}

// of are the changes of one kind.
func (p *Plan) of(what What) (some []*Change) {
	for i := range p.Changes {
		if p.Changes[i].What == what {
			some = append(some, &p.Changes[i])
		}
	}
	return some
}

// manyWorkloads is from how many on one wants to know which checks they are about before one reads
// them, and maxChecks how many are told.
const (
	manyWorkloads = 10
	maxChecks     = 8
)

// byCheck says of many changes which checks or defaults they are about, the most frequent first.
func byCheck(changes []*Change) string {
	if len(changes) < manyWorkloads {
		return ""
	}
	workloads := map[string]int{}
	for _, c := range changes {
		names := map[string]bool{}
		for i := range c.Findings {
			names[c.Findings[i].check()] = true
		}
		for _, d := range c.Defaults {
			names[printable.Text(d.Mutator)] = true
		}
		for name := range names {
			workloads[name]++
		}
	}
	names := slices.SortedFunc(maps.Keys(workloads), func(a, b string) int {
		return cmp.Or(cmp.Compare(workloads[b], workloads[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, name := range names[:min(len(names), maxChecks)] {
		parts = append(parts, fmt.Sprintf("%s in %d", name, workloads[name]))
	}
	if more := len(names) - maxChecks; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return "By check: " + strings.Join(parts, ", ")
}

// compared says what was compared.
func (p *Plan) compared() string {
	s := &p.Summary
	text := count(s.Objects, p.noun()) + " compared"
	if n := s.Objects - s.Evaluated; n > 0 {
		text += fmt.Sprintf("; %d matched by no guardrail", n)
	}
	if n := len(p.Errors); n > 0 {
		text += fmt.Sprintf("; %s: what could not be read may become different", count(n, "error"))
	}
	return text
}

// said is a finding, with what followed from it where that is something else now.
func (f *Finding) said() string {
	text := f.Message
	if f.Path != "" {
		text = f.Path + ": " + text
	}
	switch {
	case f.New == "" || f.New == f.Old:
	case f.Old != "":
		text += fmt.Sprintf(" (was %s)", f.Old)
	}
	if f.Ignored != "" {
		text += "; ignored by `taffrail check` (" + printable.Text(f.Ignored) + "), not by the cluster"
	}
	return text
}

// mark says whether a finding comes, goes or stays.
func (f *Finding) mark() string {
	switch {
	case f.New == "":
		return "- "
	case f.Old == "":
		return "+ "
	}
	return "~ "
}

// check is what has found it.
func (f *Finding) check() string {
	if f.Rule {
		return printable.Text(f.Guardrail + "/" + f.Validator)
	}
	return printable.Text(f.Validator)
}

// maxOperations bounds what is told of a patch, and maxValue the text of a value in it.
const (
	maxOperations = 4
	maxValue      = 120
)

// edits says in words what a patch does.
func edits(patch []workload.Operation) string { return few(patch, edit) }

// completed says what of the defaults becomes different.
func (c *Change) completed() string {
	parts := []string{few(c.Patch, edit), few(c.OldPatch, func(o *workload.Operation) string { return "no longer " + edit(o) })}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ", ")
}

func few(patch []workload.Operation, say func(*workload.Operation) string) string {
	var parts []string
	for i := range patch {
		if i == maxOperations {
			parts = append(parts, fmt.Sprintf("and %d more", len(patch)-i))
			break
		}
		parts = append(parts, say(&patch[i]))
	}
	return strings.Join(parts, ", ")
}

func edit(o *workload.Operation) string {
	path := workload.PathAt(o.Path)
	if o.Op == "remove" {
		return "remove " + path
	}
	encoded, err := workload.EncodePatch([]workload.Operation{*o})
	var decoded []struct {
		Value json.RawMessage `json:"value"`
	}
	if err != nil || json.Unmarshal(encoded, &decoded) != nil || len(decoded) == 0 {
		return "set " + path
	}
	return "set " + path + " to " + printable.Head(printable.Text(string(decoded[0].Value)), maxValue)
}

// names are the defaults by their names.
func (c *Change) names() string {
	var names []string
	for _, d := range c.Defaults {
		names = append(names, printable.Text(d.Mutator)+" ("+printable.Text(d.Guardrail)+")")
	}
	return strings.Join(names, ", ")
}

// example is one of the requests, for whoever wants to find it.
func (c *Change) example() string {
	if len(c.Requests) == 0 {
		return ""
	}
	r := &c.Requests[0]
	text := fmt.Sprintf("%s %s by %s, %s", r.Operation, r.Resource, r.User, r.AuditID)
	if c.Objects > 1 {
		text = "the first: " + text
	}
	if r.Refused {
		text += ", was refused then"
	}
	return printable.Text(text)
}
