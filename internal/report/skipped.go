package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The beginnings of reasons that go on with a kind: the kinds are told together.
const (
	Unlooked = "no check or rule looks at "
	Unknown  = "neither Kubernetes nor the guardrails know "
)

// SkippedLines say what was not evaluated, a line a reason.
func (r *Report) SkippedLines() (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(r.NotMatched)) {
		if r.EvaluatedBy[name] == 0 {
			lines = append(lines, fmt.Sprintf("0 of %s evaluated by %s: %s",
				were(r.Summary.Objects), name, few(slices.Sorted(maps.Keys(r.NotMatched[name])))))
		}
	}
	return append(lines, r.skippedByReason()...)
}

// skippedByReason are the lines of single objects, but for those that have been told of with their
// guardrail.
func (r *Report) skippedByReason() (lines []string) {
	var reasons []string
	of := map[string][]Skipped{}
	kinds := map[string]map[string]bool{}
	for _, s := range r.Summary.Skipped {
		if s.By != "" && !strings.Contains(s.By, ", ") && r.EvaluatedBy[s.By] == 0 {
			continue
		}
		reason, kind := s.split()
		if of[reason] == nil {
			reasons = append(reasons, reason)
			kinds[reason] = map[string]bool{}
		}
		of[reason] = append(of[reason], s)
		kinds[reason][kind] = true
	}
	for _, reason := range reasons {
		first := of[reason][0]
		lines = append(lines, fmt.Sprintf("%s:%d: %d of %s not evaluated: %s%s", first.File, first.Line, len(of[reason]),
			count(r.Summary.Objects, "object"), reason, few(slices.Sorted(maps.Keys(kinds[reason])))))
	}
	return lines
}

// split parts a reason from the kind at its end, where there is one.
func (s *Skipped) split() (reason, kind string) {
	for _, beginning := range []string{Unlooked, Unknown} {
		if kind, is := strings.CutPrefix(s.Reason, beginning); is {
			return beginning, kind
		}
	}
	return s.Reason, ""
}

func were(objects int) string {
	if objects == 1 {
		return "1 object was"
	}
	return fmt.Sprintf("%d objects were", objects)
}

// mostNamed bounds a list in a line: the json has all.
const mostNamed = 8

func few(names []string) string {
	if more := len(names) - mostNamed; more > 0 {
		return strings.Join(names[:mostNamed], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}
