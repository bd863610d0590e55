package guardrail

import "time"

// slowest is how many checks Times keeps.
const slowest = 3

// Times are the guardrails that a review was evaluated by, and the checks and defaults that took
// longest. Nil, as almost always, measures nothing.
type Times struct {
	// Guardrails are those that hold for the object, in the order of evaluation.
	Guardrails []string
	kept       [slowest]Took // the longest first
}

// Took is the time that a check or a default of a guardrail took.
type Took struct {
	Guardrail, Name string
	Time            time.Duration
}

// Slowest are the checks and defaults that took longest, the longest first.
func (t *Times) Slowest() []Took {
	n := 0
	for n < slowest && t.kept[n].Name != "" {
		n++
	}
	return t.kept[:n]
}

// by notes a guardrail.
func (t *Times) by(g *guardrail) {
	if t != nil {
		t.Guardrails = append(t.Guardrails, g.name)
	}
}

// start is the time now, where it is measured.
func (t *Times) start() (now time.Time) {
	if t != nil {
		now = time.Now()
	}
	return now
}

// took notes how long a check or a default took, if it is among the longest.
func (t *Times) took(g *guardrail, name string, start time.Time) {
	if t == nil {
		return
	}
	next := Took{g.name, name, time.Since(start)}
	for i := range t.kept {
		if next.Time > t.kept[i].Time || t.kept[i].Name == "" {
			next, t.kept[i] = t.kept[i], next
		}
	}
}
