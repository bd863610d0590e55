package guardrail

import (
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/validators"
	"taffrail.dev/taffrail/workload"
)

// Decision is all that was found in an object, and what follows from it.
type Decision struct {
	Review *workload.Review
	// Findings are in the order of guardrails, and of the checks in them.
	Findings []*Finding
	// Exempted are the findings that an Exemption lets through.
	Exempted []*Finding
	// Errors tell of checks that failed; their findings are in Findings.
	Errors []error
}

// Finding is a finding and what follows from it.
type Finding struct {
	validators.Finding
	Guardrail string
	Validator string
	Severity  validators.Severity
	// Action is what really follows: a Deny that is not yet enforced, or that
	// was there before an update, is a Warn.
	Action v1alpha1.Action
	// EnforceFrom is the date from which the finding is refused, when that is
	// still to come.
	EnforceFrom string
	// Existing says that the old object of an update had the same finding.
	Existing bool
	// Exemption is the name of the Exemption that lets it through.
	Exemption string

	text string
}

func (d *Decision) add(f *Finding) {
	f.text = f.line()
	if f.Exemption != "" {
		d.Exempted = append(d.Exempted, f)
		return
	}
	d.Findings = append(d.Findings, f)
}

// With are the findings of an action.
func (d *Decision) With(action v1alpha1.Action) []*Finding {
	var some []*Finding
	for _, f := range d.Findings {
		if f.Action == action {
			some = append(some, f)
		}
	}
	return some
}

// Denied tells whether the request must be refused.
func (d *Decision) Denied() bool {
	return slices.ContainsFunc(d.Findings, func(f *Finding) bool { return f.Action == v1alpha1.Deny })
}

// String is the finding in one line: the check, the path, and what must be.
func (f *Finding) String() string { return f.text }

// line writes what String answers: it goes into the answer, the audit log and
// the log.
func (f *Finding) line() string {
	var onStack [512]byte
	b := append(append(onStack[:0], f.Validator...), ": "...)
	if f.Path != nil {
		b = append(f.Path.Append(b), ": "...)
	}
	b = f.AppendMessage(b)
	return string(f.appendLenience(b))
}

// appendLenience appends why a Deny does not deny.
func (f *Finding) appendLenience(b []byte) []byte {
	switch {
	case f.EnforceFrom != "":
		b = append(append(append(b, "; from "...), f.EnforceFrom...), " this is refused"...)
	case f.Existing:
		b = append(b, "; it was so before, so it passes"...)
	}
	return b
}

// maxLines bounds a denial: nobody reads further, and what is left out shows
// when the first ones are mended.
const maxLines = 25

// Denial is the refusal as people read it in kubectl.
func (d *Decision) Denial() string {
	denied := d.With(v1alpha1.Deny)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q breaks %s of %s:", d.Review.GroupResource(), d.Review.DisplayName(),
		plural(distinct(denied, func(f *Finding) string { return f.Validator }), "rule"),
		strings.Join(distinctNames(denied, func(f *Finding) string { return f.Guardrail }), ", "))
	lines := Lines(denied)
	for i, line := range lines {
		if i == maxLines {
			fmt.Fprintf(&b, "\n- and %d more", len(lines)-maxLines)
			break
		}
		fmt.Fprintf(&b, "\n- %s", line.Text)
	}
	fmt.Fprintf(&b, "\nSee `taffrail explain %s`", denied[0].Validator)
	if d.Review.Namespace != "" {
		fmt.Fprintf(&b, "; exceptions: kind Exemption in namespace %q", d.Review.Namespace)
	}
	b.WriteString(".")
	return b.String()
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func distinct(findings []*Finding, of func(*Finding) string) int {
	return len(distinctNames(findings, of))
}

func distinctNames(findings []*Finding, of func(*Finding) string) []string {
	var names []string
	for _, f := range findings {
		if name := of(f); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
