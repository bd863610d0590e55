package main

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/page"
	"taffrail.dev/taffrail/internal/policyreport"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/report"
)

// auditForm is a form of what is found in a cluster.
type auditForm struct {
	name, about string
	write       func(io.Writer, *audit.Report, *report.Setting) error
}

// auditForms are all of them.
var auditForms = []auditForm{
	{"text", "for people", func(w io.Writer, r *audit.Report, s *report.Setting) error { return r.WriteText(w, s.Look) }},
	{"json", "for programs", auditJSON},
	{"sarif", "for code scanning", asCheck("sarif")},
	{"junit", "for the test reports of a CI", asCheck("junit")},
	{"html", "a page in one file, that needs no network", auditHTML},
	{"openreports", "for `kubectl apply`, and for viewers", auditOpenReports},
}

func auditFormNames() (all []string) {
	for _, form := range auditForms {
		all = append(all, form.name)
	}
	return all
}

func auditFormCompletions() (all []cobra.Completion) {
	for _, form := range auditForms {
		all = append(all, cobra.CompletionWithDesc(form.name, form.about))
	}
	return all
}

// writeAudit writes in the form of a name, which output.Parse has found to be one.
func writeAudit(w io.Writer, name string, found *audit.Report, s *report.Setting) error {
	for _, form := range auditForms {
		if form.name == name {
			return form.write(w, found, s)
		}
	}
	return nil
}

func auditJSON(w io.Writer, r *audit.Report, _ *report.Setting) error {
	encoder := json.NewEncoder(shown(w))
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

func auditOpenReports(w io.Writer, r *audit.Report, _ *report.Setting) error {
	return policyreport.WriteYAML(shown(w), r)
}

// auditHTML writes what escapes all that is not ours by itself.
func auditHTML(w io.Writer, r *audit.Report, _ *report.Setting) error {
	if wrapped, is := w.(*printable.Writer); is {
		w = wrapped.Unwrap()
	}
	return page.WriteHTML(w, r)
}

// shown writes into a file, too, only what is safe to be seen.
func shown(w io.Writer) io.Writer {
	if wrapped, is := w.(*printable.Writer); is {
		w = wrapped.Unwrap()
	}
	return printable.NewWriter(w)
}

// asCheck writes as ` + "`taffrail check`" + ` does.
func asCheck(name string) func(io.Writer, *audit.Report, *report.Setting) error {
	return func(w io.Writer, r *audit.Report, s *report.Setting) error {
		format, _ := report.FormatCalled(name)
		return format.Write(w, r.Findings(), s)
	}
}
