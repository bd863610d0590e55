package main

import (
	"fmt"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/printable"
)

// writeCheckText writes a line a finding, as compilers do: editors jump to file:line:column. What
// could not be read, and what one should know, goes to standard error.
func writeCheckText(io streams, r *checkReport) error {
	r.sort()
	for _, f := range r.Results {
		path := f.Path
		if path != "" {
			path += ": "
		}
		_, err := fmt.Fprintf(io.out, "%s:%d:%d: %s %s: %s %q: %s%s\n",
			printable.Text(f.File), f.Line, f.Column, f.Action, printable.Text(f.Validator), printable.Text(f.resource), f.Name, path, f.Message)
		if err != nil {
			return err
		}
	}
	writeCheckNotes(io, r)
	if len(r.Errors) > 0 && r.Summary.Objects == 0 {
		return nil // there is nothing to sum up
	}
	_, err := fmt.Fprintln(io.out, r.summary())
	return err
}

func writeCheckNotes(io streams, r *checkReport) {
	for _, note := range r.notes {
		fmt.Fprintln(io.err, note)
	}
	for _, line := range r.skippedLines() {
		fmt.Fprintln(io.err, printable.Text(line))
	}
	for i := range r.Errors {
		fmt.Fprintln(io.err, &r.Errors[i])
	}
}

func (r *checkReport) summary() string {
	var b strings.Builder
	s := r.Summary
	switch {
	case len(r.Results) > 0:
		fmt.Fprintf(&b, "%d denied, %d warned, %d audited", s.Denied, s.Warned, s.Audited)
	case s.Evaluated == 0 && s.Objects > 0:
		b.WriteString("nothing was evaluated")
	default:
		b.WriteString("nothing to refuse")
	}
	fmt.Fprintf(&b, " in %s of %s", count(s.Objects, "object"), count(s.Files, "file"))
	if n := len(s.Skipped); n > 0 && s.Evaluated > 0 {
		fmt.Fprintf(&b, "; %d not evaluated", n)
	}
	if r.Summary.Exempted > 0 {
		fmt.Fprintf(&b, "; %s exempt", count(r.Summary.Exempted, "finding"))
	}
	if n := len(r.Errors); n > 0 {
		fmt.Fprintf(&b, "; %s", count(n, "error"))
	}
	if name := r.gravest(); name != "" {
		fmt.Fprintf(&b, "; see `taffrail explain %s`", name)
	}
	return b.String()
}

// gravest is the check to read about first: the first that denies, if any. There
// is nothing to read about rules.
func (r *checkReport) gravest() string {
	first := ""
	for _, f := range r.Results {
		switch {
		case f.rule:
		case f.Action == v1alpha1.Deny:
			return f.Validator
		case first == "":
			first = f.Validator
		}
	}
	return first
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
