package audit

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/printable"
)

// WriteText writes the report for people: what would be refused, by check and by namespace, worst
// first, and then each workload with its findings.
func (r *Report) WriteText(w io.Writer) error {
	p := &printer{w: w}
	if len(r.Results) > 0 {
		p.table("CHECK", r.byCheck())
		p.table("NAMESPACE", r.byNamespace())
		p.workloads(r.Results)
	}
	for _, note := range r.Notes {
		p.line("%s", printable.Text(note))
	}
	p.line("%s", r.summary())
	return p.err
}

// printer writes until something fails.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// row is a line of a table: how many workloads would be refused, and how many are warned of.
type row struct {
	name                    string
	denied, warned, audited int
	workloads, namespaces   map[string]bool
}

func (p *printer) table(title string, rows []row) {
	t := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s\tREFUSED\tWARNED\tAUDITED\tWORKLOADS\tNAMESPACES\n", title)
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\n", printable.Text(r.name), r.denied, r.warned, r.audited, len(r.workloads), len(r.namespaces))
	}
	p.err = cmp.Or(p.err, t.Flush())
	p.line("")
}

func (r *Report) byCheck() []row {
	return r.count(func(f *Result) string { return f.Validator + " (" + f.Guardrail + ")" })
}

func (r *Report) byNamespace() []row {
	return r.count(func(f *Result) string { return cmp.Or(f.Owner.Namespace, "(none)") })
}

// count counts results by a name, worst first.
func (r *Report) count(name func(*Result) string) []row {
	rows := map[string]*row{}
	for i := range r.Results {
		f := &r.Results[i]
		key := name(f)
		if rows[key] == nil {
			rows[key] = &row{name: key, workloads: map[string]bool{}, namespaces: map[string]bool{}}
		}
		one := rows[key]
		switch f.Action {
		case v1alpha1.Deny:
			one.denied++
		case v1alpha1.Audit:
			one.audited++
		default:
			one.warned++
		}
		one.workloads[string(f.Owner.UID)] = true
		one.namespaces[f.Owner.Namespace] = true
	}
	var all []row
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		all = append(all, *rows[key])
	}
	slices.SortStableFunc(all, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.denied, a.denied), cmp.Compare(b.warned, a.warned), cmp.Compare(b.audited, a.audited))
	})
	return all
}

// workloads writes the findings, which are in the order of their owners.
func (p *printer) workloads(results []Result) {
	var last Object
	for i := range results {
		f := &results[i]
		if f.Owner != last {
			last = f.Owner
			p.line("%s", printable.Text(strings.TrimPrefix(last.Namespace+"/", "/")+last.Kind+"/"+last.Name))
		}
		path, where := f.Path, ""
		if path != "" {
			path += ": "
		}
		if f.Kind != last.Kind || f.Objects > 1 {
			where = fmt.Sprintf(" (%s)", objects(f.Objects, f.Kind))
		}
		p.line("  %s %s: %s%s%s", f.Action, printable.Text(f.Validator), printable.Text(path), f.Message, where)
	}
	p.line("")
}

func objects(n int, kind string) string {
	if n == 1 {
		return "1 " + kind
	}
	return fmt.Sprintf("%d objects", n)
}

func (r *Report) summary() string {
	s := r.Summary
	text := fmt.Sprintf("%d would be refused, %d warned, %d audited in %d objects", s.Denied, s.Warned, s.Audited, s.Objects)
	if n := s.Objects - s.Evaluated - s.Excluded; n > 0 {
		text += fmt.Sprintf("; %d matched by no guardrail", n)
	}
	if s.Excluded > 0 {
		text += fmt.Sprintf("; %d in excluded namespaces", s.Excluded)
	}
	if s.Exempted > 0 {
		text += fmt.Sprintf("; %d findings exempt", s.Exempted)
	}
	return text
}
