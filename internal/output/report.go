package output

import (
	"io"
	"slices"

	"taffrail.dev/taffrail/internal/report"
)

// Quotes tells whether any output of a report shows what stands in the manifests.
func Quotes(outputs []Output) bool {
	return slices.ContainsFunc(outputs, func(o Output) bool { return formOf(o).Quotes })
}

// formOf is the form of a report by its name, which Parse has found to be one.
func formOf(o Output) report.Format {
	format, _ := report.FormatCalled(o.Name)
	return format
}

// Write writes the report to standard output and to every file. What people read there besides is
// written by notes: before the summary where that is on standard output, else before all.
func (o *Opened) Write(stdout io.Writer, r *report.Report, s report.Setting, notes func() bool) error {
	look := s.Look
	look.Before = notes
	if !slices.ContainsFunc(o.outputs, func(o Output) bool { return o.File == "" && formOf(o).Lines }) {
		notes()
	}
	return o.Each(stdout, func(w io.Writer, output Output) error {
		s.Look = report.Look{}
		if output.File == "" {
			s.Look = look
		}
		format := formOf(output)
		return format.Write(w, r, &s)
	})
}
