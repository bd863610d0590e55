package report

import (
	"bufio"
	"io"

	"taffrail.dev/taffrail/internal/printable"
)

// Format is a form of the report.
type Format struct {
	Name string
	// About says what it is for, to a shell that completes names.
	About string
	// Quotes says that it shows the lines of the manifests and the fixes.
	Quotes bool
	// Lines says that people read it, so that it is told there what else is to be seen.
	Lines bool

	write func(io.Writer, *Report, *Setting) error
	// commands says that its lines are commands to whatever runs the program.
	commands bool
}

// Setting is what a form needs to know besides the report.
type Setting struct {
	Look
	// Version is that of the program.
	Version string
	// Path is a file as the repository knows it.
	Path func(file string) string
	// Cluster is the API server whose objects the files stand for, as NAMESPACE/KIND/NAME. It is empty
	// where files are files.
	Cluster string
	// Summary is what is said of all, in place of what there is to say of files.
	Summary string
}

// command is what has been run.
func (s *Setting) command() string {
	if s.Cluster != "" {
		return "taffrail audit"
	}
	return "taffrail check"
}

// Formats are all forms.
func Formats() []Format {
	return []Format{
		{Name: "text", About: "for people", Quotes: true, Lines: true, write: func(w io.Writer, r *Report, s *Setting) error { return Text(w, r, s.Look) }},
		{Name: "concise", About: "a line a finding, for grep and editors", Lines: true, write: func(w io.Writer, r *Report, s *Setting) error { return concise(w, r, s.Before) }},
		{Name: "json", About: "for programs", write: func(w io.Writer, r *Report, _ *Setting) error { return JSON(w, r) }},
		{Name: "sarif", About: "for code scanning", Quotes: true, write: SARIF},
		{Name: "junit", About: "for the test reports of a CI", write: JUnit},
		{Name: "github", About: "annotations of GitHub Actions", commands: true, write: GitHub},
		{Name: "gitlab", About: "Code Quality of GitLab", write: GitLab},
		{Name: "checkstyle", About: "for Jenkins' warnings and reviewdog", write: Checkstyle},
	}
}

// Names are those of all forms.
func Names() (all []string) {
	for _, f := range Formats() {
		all = append(all, f.Name)
	}
	return all
}

// FormatCalled finds a form by its name.
func FormatCalled(name string) (f Format, found bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// Write writes the report, so that whatever it says is safe to be seen.
func (f *Format) Write(w io.Writer, r *Report, s *Setting) error {
	if wrapped, is := w.(*printable.Writer); is {
		w = wrapped.Unwrap()
	}
	buffer := bufio.NewWriter(w)
	out := io.Writer(printable.NewWriter(buffer))
	if f.commands || f.Lines {
		out = w // which make their texts printable themselves, and are not to be held back
	}
	if err := f.write(out, r, s); err != nil {
		return err
	}
	return buffer.Flush()
}
