package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"taffrail.dev/taffrail/internal/printable"
)

// GitHub writes workflow commands, which GitHub Actions show beside the lines that they are about. It
// shows the first ten errors and the first ten warnings of a step, so what is refused comes first; the
// log of the step has all.
func GitHub(w io.Writer, r *Report, s *Setting) error {
	out := bufio.NewWriter(w)
	for i := range r.Errors {
		e := &r.Errors[i]
		command(out, failure, [][2]string{{"file", s.Path(e.File)}, {"line", positive(e.Line)}, {"title", "cannot be read"}}, e.Message)
	}
	for of := failure; of >= note; of-- {
		for f := range r.All() {
			if f.degree() == of {
				f.command(out, s)
			}
		}
	}
	if summary := r.summary(); summary != "" {
		fmt.Fprintln(printable.NewWriter(out), summary)
	}
	return out.Flush()
}

// command writes the finding.
func (f *Result) command(out *bufio.Writer, s *Setting) {
	properties := [][2]string{{"file", s.Path(f.File)}, {"line", positive(f.Line)}, {"col", positive(f.Column)}, {"endLine", positive(f.EndLine)}}
	if f.EndLine == f.Line { // others are refused
		properties = append(properties, [2]string{"endColumn", positive(f.EndColumn)})
	}
	command(out, f.degree(), append(properties, [2]string{"title", f.check()}), f.sentence())
}

// positive is a number, or nothing where there is none.
func positive(n int) string {
	if n < 1 {
		return ""
	}
	return fmt.Sprint(n)
}

// command writes a command as the toolkit does (actions/toolkit, packages/core/src/command.ts).
func command(out *bufio.Writer, of degree, properties [][2]string, message string) {
	fmt.Fprintf(out, "::%s ", map[degree]string{note: "notice", warning: "warning", failure: "error"}[of])
	separator := ""
	for _, p := range properties {
		if p[1] != "" {
			fmt.Fprintf(out, "%s%s=%s", separator, p[0], commandProperty.Replace(printable.Text(p[1])))
			separator = ","
		}
	}
	fmt.Fprintf(out, "::%s\n", commandData.Replace(printable.Text(message)))
}

// What is printable has no line ends. The runner also knows commands that begin with ##[ anywhere.
var (
	commandData     = strings.NewReplacer("%", "%25", "##[", `##\u005b`)
	commandProperty = strings.NewReplacer("%", "%25", "##[", `##\u005b`, ":", "%3A", ",", "%2C")
)
