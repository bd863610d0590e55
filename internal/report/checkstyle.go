package report

import "io"

// Checkstyle writes the form of the linter of that name, which many programs read.
func Checkstyle(w io.Writer, r *Report, s *Setting) error {
	x := &xml{out: w}
	x.write(xmlHeader)
	x.begin("checkstyle", "version", "4.3")
	for file := range r.byFile() {
		x.begin("file", "name", s.Path(file.name))
		for _, e := range file.errors {
			x.empty("error", "line", positive(max(e.Line, 1)), "severity", "error", "message", e.Message, "source", "taffrail."+unreadable)
		}
		for _, f := range file.results {
			severity := map[degree]string{note: "info", warning: "warning", failure: "error"}[f.degree()]
			x.empty("error", "line", positive(f.Line), "column", positive(f.Column), "severity", severity,
				"message", f.sentence(), "source", "taffrail."+f.check())
		}
		x.end()
	}
	x.end()
	return x.err
}
