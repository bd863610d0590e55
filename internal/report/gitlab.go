package report

import (
	"fmt"
	"io"

	"taffrail.dev/taffrail/validators"
)

// codeQuality is a finding as GitLab reads it.
type codeQuality struct {
	Description string `json:"description"`
	CheckName   string `json:"check_name"`
	Fingerprint string `json:"fingerprint"`
	Severity    string `json:"severity"`
	Location    struct {
		Path  string `json:"path"`
		Lines struct {
			Begin int `json:"begin"`
			End   int `json:"end,omitempty"`
		} `json:"lines"`
	} `json:"location"`
}

// GitLab writes a Code Quality report, which merge requests show.
func GitLab(w io.Writer, r *Report, s *Setting) error {
	return writeList(w, []codeQuality{}, "[]", "  ", func(yield func(*codeQuality) bool) {
		prints := newFingerprints(s.Path)
		for f := range r.All() {
			one := &codeQuality{Description: f.sentence(), CheckName: f.check(), Fingerprint: prints.of(f), Severity: f.quality()}
			one.Location.Path = s.Path(f.File)
			one.Location.Lines.Begin, one.Location.Lines.End = f.Line, f.EndLine
			if !yield(one) {
				return
			}
		}
		for i := range r.Errors {
			e := &r.Errors[i]
			one := &codeQuality{Description: e.Message, CheckName: unreadable, Fingerprint: printOf(unreadable, s.Path(e.File), e.Message, fmt.Sprint(i)), Severity: "blocker"}
			one.Location.Path = s.Path(e.File)
			one.Location.Lines.Begin = max(e.Line, 1)
			if !yield(one) {
				return
			}
		}
	})
}

// unreadable is what forms that know nothing but checks call input that cannot be read.
const unreadable = "unreadable"

// quality is the severity in GitLab's words: info, minor, major, critical, blocker.
func (f *Result) quality() string {
	severe := f.Severity == string(validators.Critical) || f.Severity == string(validators.High)
	switch of := f.degree(); {
	case of == failure && f.Severity == string(validators.Critical):
		return "blocker"
	case of == failure && severe:
		return "critical"
	case of == failure, of == warning && severe:
		return "major"
	case of == warning:
		return "minor"
	}
	return "info"
}
