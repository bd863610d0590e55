package guardrailtest

import (
	"fmt"
	"io"
	"strings"

	"taffrail.dev/taffrail/internal/printable"
)

// TextOptions say how much people want to read.
type TextOptions struct {
	// Verbose names cases that pass too.
	Verbose bool
	// Coverage is whether to say what no case exercises.
	Coverage bool
	// Table is whether to list all of the guardrails with how many cases exercise it.
	Table bool
}

// Text writes what became of the cases for people: those that fail, each with its place and a diff.
func (r *Results) Text(w io.Writer, o TextOptions) error {
	var b strings.Builder
	for _, one := range r.Results {
		one.write(&b, o.Verbose)
	}
	if len(r.Results) > 0 {
		b.WriteString(r.summary())
	}
	if len(r.Results) > 0 && o.Coverage {
		r.Coverage.write(&b)
	}
	if len(r.Results) > 0 && o.Table {
		r.Coverage.table(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Result) write(b *strings.Builder, verbose bool) {
	place := fmt.Sprintf("%s:%d:%d", printable.Text(r.Test.File), r.Line, r.Column)
	name := printable.Text(r.FullName())
	if len(r.Failures) == 0 {
		if verbose {
			fmt.Fprintf(b, "%s: pass: %s\n", place, name)
			r.writeNotes(b)
		}
		return
	}
	fmt.Fprintf(b, "%s: FAIL: %s: %s\n", place, name, r.Summary())
	for _, line := range r.Diff() {
		fmt.Fprintf(b, "    %s\n", printable.Text(line))
	}
	r.writeNotes(b)
}

func (r *Result) writeNotes(b *strings.Builder) {
	for _, note := range r.Notes {
		fmt.Fprintf(b, "    note: %s\n", printable.Text(note))
	}
	if r.Unevaluated != "" {
		fmt.Fprintf(b, "    note: nothing evaluates the object: %s\n", printable.Text(r.Unevaluated))
	}
}

// Summary says in a line what is not as expected.
func (r *Result) Summary() string {
	var all []string
	for _, f := range r.Failures {
		if f.Summary != "" {
			all = append(all, f.Summary)
		}
	}
	return printable.Text(strings.Join(all, "; "))
}

// Diff is a unified diff of what was expected and what became of it.
func (r *Result) Diff() (lines []string) {
	for _, f := range r.Failures {
		if len(f.Diff) == 0 {
			continue
		}
		if len(lines) == 0 {
			lines = append(lines, "--- expected", "+++ actual")
		}
		lines = append(append(lines, "@@ "+f.About+" @@"), f.Diff...)
	}
	return lines
}

func (r *Results) summary() string {
	failed := r.Failed()
	files := map[string]bool{}
	for _, one := range r.Results {
		files[one.Test.File] = true
	}
	outcome := fmt.Sprintf("%d passed", len(r.Results)-failed)
	if failed > 0 {
		outcome = fmt.Sprintf("%d failed, %s", failed, outcome)
	}
	if n := len(r.Errors); n > 0 {
		outcome += ", " + count(n, "error")
	}
	return fmt.Sprintf("%s in %s of %s\n", outcome, count(len(r.Results), "case"), count(len(files), "file"))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// WriteNotes writes what one should know besides, and what could not be read: a line each, for
// standard error.
func (r *Results) WriteNotes(w io.Writer) {
	for _, warning := range r.Warnings {
		_, _ = fmt.Fprintln(w, warning)
	}
	unevaluated := 0
	var first *Result
	for _, one := range r.Results {
		if one.Unevaluated == "" || len(one.Failures) > 0 || one.expect.evaluated != nil {
			continue
		}
		if unevaluated++; first == nil {
			first = one
		}
	}
	if first != nil {
		_, _ = fmt.Fprintf(w, "%s:%d:%d: %s passed though nothing evaluates the object: %s (if that is meant, expect evaluated: false)\n", printable.Text(first.Test.File),
			first.Line, first.Column, count(unevaluated, "case"), printable.Text(first.Unevaluated))
	}
	for _, err := range r.Errors {
		_, _ = fmt.Fprintln(w, err)
	}
}
