package guardrail

import (
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
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
	// Rest are the findings that were not kept, as there are so many.
	Rest []Rest

	memory  []Finding
	ofCheck int // findings of the check that is at work
	kept    struct{ denied, warned, audited, exempted int }
	all     bool // all are kept
}

// Finding is a finding and what follows from it.
type Finding struct {
	*validators.Finding
	Guardrail string
	// Validator is a name of the catalogue or, if Rule is set, that of a rule of
	// the guardrail's own.
	Validator string
	Rule      bool
	Severity  validators.Severity
	// Action is what really follows: a Deny that is not yet enforced, or that
	// was there before an update, is a Warn, and a Namespace may soften it.
	Action v1alpha1.Action
	// EnforceFrom is the date from which the finding is refused, when that is still to come.
	EnforceFrom string
	// Existing says that the old object of an update had the same finding.
	Existing bool
	// Unclear says that it cannot be told whether what was there before is worse now.
	Unclear bool
	// Undecided says why the comparison with the old object came to no end.
	Undecided string
	// Softened says that the label of the Namespace made less of a Deny.
	Softened bool
	// Exemption is the name of the Exemption that lets it through.
	Exemption string
	// ExemptUntil is when that Exemption expires, as it was written, when that is soon.
	ExemptUntil string
	// Note is what the Guardrail has to say to each finding of the check.
	Note string

	text string
}

// addAll adds what follows from the findings of a validator, but for those that it excepts.
func (d *Decision) addAll(g *guardrail, c *comparison) {
	d.ofCheck = 0
	spares := c.validator.except.sparing(c.review.Pod)
	for i := range c.findings {
		if spares != nil && spares(&c.findings[i]) {
			continue
		}
		f, err := c.decide(g, i)
		if err != nil {
			d.Errors = append(d.Errors, err)
		}
		d.add(f)
	}
}

// several is for how many findings memory is taken at a time.
const several = 8

func (d *Decision) add(decided Finding) {
	if !d.keep(&decided) {
		return
	}
	if len(d.memory) == cap(d.memory) {
		d.memory = make([]Finding, 0, several)
	}
	d.memory = append(d.memory, decided)
	f := &d.memory[len(d.memory)-1]
	f.text = f.line()
	if d.Findings == nil {
		d.Findings = make([]*Finding, 0, several)
	}
	if f.Exemption != "" {
		d.Exempted = append(d.Exempted, f)
		return
	}
	d.Findings = append(d.Findings, f)
}

// With are the findings of an action.
func (d *Decision) With(action v1alpha1.Action) []*Finding { return With(d.Findings, action) }

// With are those findings that an action follows from.
func With(findings []*Finding, action v1alpha1.Action) []*Finding {
	var some []*Finding
	for _, f := range findings {
		if f.Action == action {
			some = append(some, f)
		}
	}
	return some
}

// Warnings are the findings that whoever sent the request is told of though it
// passes: those that warn, and those that soon are exempt no more.
func (d *Decision) Warnings() []*Finding {
	return append(d.With(v1alpha1.Warn), d.Expiring()...)
}

// Expiring are the findings that an Exemption lets through that expires soon.
func (d *Decision) Expiring() []*Finding {
	var some []*Finding
	for _, f := range d.Exempted {
		if f.ExemptUntil != "" {
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

// line writes what String answers: it goes into the answer, the audit log and the log.
func (f *Finding) line() string {
	var onStack [512]byte
	b := append(append(onStack[:0], f.Validator...), ": "...)
	if f.Path != nil {
		b = append(f.Path.Append(b), ": "...)
	}
	b = f.AppendMessage(b)
	return string(printable.From(f.appendNote(f.appendLenience(b)), 0))
}

// Cause is the finding without its place and what follows from it, for tools.
func (f *Finding) Cause() string {
	var onStack [512]byte
	b := append(append(onStack[:0], f.Validator...), ": "...)
	return string(printable.From(f.appendNote(f.AppendMessage(b)), 0))
}

// appendNote appends what the Guardrail has to say.
func (f *Finding) appendNote(b []byte) []byte {
	if f.Note == "" {
		return b
	}
	return append(append(b, "; "...), f.Note...)
}

// appendLenience appends why a finding has less of a consequence than it could.
func (f *Finding) appendLenience(b []byte) []byte {
	switch {
	case f.ExemptUntil != "":
		b = append(append(b, "; exempt until "...), f.ExemptUntil...)
		b = append(append(b, " by Exemption "...), f.Exemption...)
	case f.Softened:
		b = append(b, "; softened by the label "+v1alpha1.ActionLabel+" of the Namespace"...)
	case f.EnforceFrom != "":
		b = append(append(append(b, "; from "...), f.EnforceFrom...), " this is refused"...)
	case f.Unclear:
		b = append(b, "; it was there before: whether it is worse now cannot be told, the rule may say so with worsens"...)
	case f.Undecided != "":
		b = append(append(b, "; whether it was there before cannot be told: "...), f.Undecided...)
	case f.Existing:
		b = append(b, "; it was so before, so it passes"...)
	}
	return b
}

// keep makes a warning of what was there before.
func (f *Finding) keep(k kept) {
	f.Existing, f.Unclear, f.Undecided = k.existing, k.unclear, k.undecided
	if k.existing {
		f.Action = v1alpha1.Warn
	}
}

// maxLines bounds a denial: nobody reads further, and what is left out shows
// when the first ones are mended.
const maxLines = 25

// Denial is the refusal as people read it in kubectl.
func (d *Decision) Denial() string {
	denied := d.With(v1alpha1.Deny)
	texts := make([]string, 0, 3+min(len(denied), maxLines))
	texts = append(texts, fmt.Sprintf("%s %q violates %s of %s:", printable.Text(d.Review.GroupResource()), d.Review.DisplayName(),
		plural(distinct(denied, func(f *Finding) string { return f.Validator }), "check"),
		strings.Join(distinctNames(denied, func(f *Finding) string { return f.Guardrail }), ", ")))
	lines := Lines(denied)
	for _, line := range FirstLines(lines, maxLines) {
		texts = append(texts, line.Text)
	}
	if more := max(0, len(lines)-maxLines) + d.RestOf(v1alpha1.Deny); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	message := strings.Join(texts, "\n- ")
	if help := d.help(denied); help != "" {
		message += "\n" + help + "."
	}
	return message
}

// help tells where to read on, and how to be exempt.
func (d *Decision) help(denied []*Finding) string {
	var parts []string
	explained := slices.IndexFunc(denied, func(f *Finding) bool { return !f.Rule })
	if explained >= 0 {
		parts = append(parts, fmt.Sprintf("See `taffrail explain %s`", denied[explained].Validator))
	}
	if d.Review.Namespace != "" && d.Review.Resource != namespaces { // in which nothing can be before it is there
		parts = append(parts, fmt.Sprintf("exceptions: kind Exemption in namespace %q", d.Review.Namespace))
	}
	return upperFirst(strings.Join(parts, "; "))
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
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
	seen := map[string]bool{}
	for _, f := range findings {
		if name := of(f); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}
