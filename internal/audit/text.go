package audit

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/report"
)

// What a terminal shows at most, as nobody scrolls up through thousands of lines. A file or a pipe has
// all of it.
const (
	mostNamespaces = 20
	mostWorkloads  = 25
	mostOfOne      = 5 // workloads of a namespace, where there are more than that in all
	mostFindings   = 8 // of a workload
	mostLines      = 3 // of a message
	mostNotes      = 10
	// onePage is after how many lines the first one has gone from the screen, and is said again.
	onePage = 40
)

// WriteText writes the report for people: what would be refused in one line, by check and by
// namespace, worst first, and then each workload with its findings.
func (r *Report) WriteText(w io.Writer, look report.Look) error {
	p := newPrinter(w, look)
	if len(r.Results) > 0 {
		p.wrapped(printable.Bold, r.Headline())
		p.line()
		p.table(r.byCheck(), 0)
		p.table(r.byNamespace(), p.atMost(mostNamespaces))
		p.workloads(r.worstFirst())
	}
	begin := len(r.Notes)
	if most := p.atMost(mostNotes); most > 0 {
		begin = min(begin, most)
	}
	for _, note := range r.Notes[:begin] {
		p.wrapped(printable.Notice, note)
	}
	if more := len(r.Notes) - begin; more > 0 {
		p.wrapped(printable.Notice, fmt.Sprintf("and %d more such lines: -o json has all", more))
	}
	if len(r.Results) == 0 || p.lines > onePage {
		p.wrapped(printable.Bold, r.Headline())
	}
	if name := r.gravest(); name != "" {
		p.wrapped(printable.Plain, "see `taffrail explain "+name+"`")
	}
	return p.flush()
}

// Headline is the report in one line.
func (r *Report) Headline() string {
	s := r.Summary
	text := fmt.Sprintf("%d would be refused, %d warned, %d audited", s.Denied, s.Warned, s.Audited)
	switch {
	case len(r.Results) > 0:
	case s.Evaluated == 0 && s.Objects > 0:
		text = "nothing was evaluated"
	default:
		text = "nothing would be refused"
	}
	text += fmt.Sprintf(" in %s", count(s.Objects, "object"))
	if n := s.Objects - s.Evaluated - s.Excluded; n > 0 {
		text += fmt.Sprintf("; %d matched by no guardrail", n)
	}
	if s.Excluded > 0 {
		text += fmt.Sprintf("; %d in excluded namespaces", s.Excluded)
	}
	if s.Exempted > 0 {
		text += fmt.Sprintf("; %s exempt", count(s.Exempted, "finding"))
	}
	return text
}

// gravest is the check to read about first: the one that refuses most, if it is of the catalogue.
func (r *Report) gravest() string {
	for _, row := range r.byCheck().rows {
		if !row.rule {
			return row.check
		}
	}
	return ""
}

// subject is a workload with what is found in it, worst first.
type subject struct {
	owner   Object
	results []*Result
}

// worstFirst are the workloads in the order of their namespaces in the table, in each the worst first.
func (r *Report) worstFirst() (all []subject) {
	at := map[Object]int{}
	for i := range r.Results {
		f := &r.Results[i]
		n, known := at[f.Owner]
		if !known {
			n = len(all)
			at[f.Owner] = n
			all = append(all, subject{owner: f.Owner})
		}
		all[n].results = append(all[n].results, f)
	}
	for _, one := range all {
		slices.SortStableFunc(one.results, func(a, b *Result) int { return cmp.Compare(gravity(a.Action), gravity(b.Action)) })
	}
	place := map[string]int{}
	for i, row := range r.byNamespace().rows {
		place[row.name] = i
	}
	slices.SortStableFunc(all, func(a, b subject) int {
		return cmp.Or(cmp.Compare(place[namespaceOf(a.owner)], place[namespaceOf(b.owner)]), b.tally().compare(a.tally()))
	})
	return all
}

func (w subject) tally() (t tally) {
	for _, f := range w.results {
		t.add(f.Action)
	}
	return t
}

// gravity is smaller the worse an action is.
func gravity(action v1alpha1.Action) int {
	return slices.Index([]v1alpha1.Action{v1alpha1.Deny, v1alpha1.Warn, v1alpha1.Audit}, action)
}

// workloads writes the findings, as many as one reads.
func (p *printer) workloads(all []subject) {
	shown := all
	if most := p.atMost(mostWorkloads); most > 0 {
		shown = few(all, most)
	}
	for _, one := range shown {
		p.line(part{printable.Bold, one.owner.String()})
		for i, f := range one.results {
			if most := p.atMost(mostFindings); most > 0 && i == most {
				p.line(part{printable.Dim, fmt.Sprintf("  and %d more", len(one.results)-i)})
				break
			}
			p.finding(f)
		}
	}
	p.line()
	if more := len(all) - len(shown); more > 0 {
		p.wrapped(printable.Plain, fmt.Sprintf("and %s, less bad: -o text=FILE has all", count(more, "more workload")))
		p.line()
	}
}

// few are the worst workloads, of several namespaces rather than of one in which all are alike.
func few(all []subject, most int) (some []subject) {
	if len(all) <= most {
		return all
	}
	of := map[string]int{}
	for _, one := range all {
		if of[one.owner.Namespace]++; of[one.owner.Namespace] <= mostOfOne && len(some) < most {
			some = append(some, one)
		}
	}
	return some
}

// finding writes one: in a line if it fits, else with what is there and what must be below its path.
func (p *printer) finding(f *Result) {
	what := string(f.Action) + " " + printable.Text(f.Validator)
	said := f.Message
	if f.Kind != f.Owner.Kind || f.Objects > 1 {
		said += fmt.Sprintf(" (%s)", objects(f.Objects, f.Kind))
	}
	path := printable.Text(f.Path)
	whole := path + ": " + said
	if path == "" {
		whole = said
	}
	style := styleOf(f.Action)
	room := p.Width - printable.Width("  "+what+": ")
	if p.Width == 0 || printable.Width(whole) <= room {
		p.line(part{text: "  "}, part{style, what}, part{text: ": " + whole})
		return
	}
	p.line(part{text: "  "}, part{style, what}, part{text: below(path, room)})
	for _, line := range printable.Wrap(printable.Within(said), p.Width-6, mostLines) {
		p.line(part{text: "      " + line})
	}
}

func styleOf(action v1alpha1.Action) printable.Style {
	switch action {
	case v1alpha1.Deny:
		return printable.Alarm
	case v1alpha1.Audit:
		return printable.Cyan
	}
	return printable.Notice
}

func objects(n int, kind string) string {
	if n == 1 {
		return "1 " + kind
	}
	return fmt.Sprintf("%d objects", n)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// below is the end of a path that has what is said of it below.
func below(path string, room int) string {
	if path == "" {
		return ""
	}
	return ": " + printable.Tail(path, max(1, room))
}
