package report

import (
	"fmt"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// summary is the last line. It is empty where nothing could be read.
func (r *Report) summary() string {
	var b strings.Builder
	s := r.Summary
	switch {
	case len(r.Errors) > 0 && s.Objects == 0:
		return ""
	case r.Len() > 0:
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
	if r.Summary.Ignored > 0 {
		fmt.Fprintf(&b, "; %d ignored here", r.Summary.Ignored)
	}
	if n := len(r.Errors); n > 0 {
		fmt.Fprintf(&b, "; %s", count(n, "error"))
	}
	if name := r.gravest(); name != "" {
		fmt.Fprintf(&b, "; see `taffrail explain %s`", name)
	}
	return b.String()
}

// gravest is the check to read about first: the first that denies, if any. There is nothing to read
// about rules.
func (r *Report) gravest() string {
	first := ""
	for f := range r.All() {
		switch {
		case f.Rule, f.Ignored != "":
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
