package guardrailtest

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/admission"
)

// Results are what became of the cases, in their order.
type Results struct {
	Results  []*Result
	Coverage *Coverage
	// Errors are those of the suite.
	Errors []error
	// Warnings are those of the suite, and tell of guardrails that cannot work as they are written.
	Warnings []string
}

// Result is what became of a case.
type Result struct {
	*Case
	// Failures say what is not as expected: the case passes with none.
	Failures []Failure
	// Notes are what one should know besides.
	Notes []string
	// Unevaluated says why no guardrail evaluates the object, where that is so.
	Unevaluated string
	Took        time.Duration
}

// Failure is one thing that is not as expected.
type Failure struct {
	// Summary is a sentence; it may be empty where another has said it.
	Summary string
	// About is the field of the expectation, and Diff the lines of a unified diff of it.
	About string
	Diff  []string
}

// Failed counts the cases that fail.
func (r *Results) Failed() (n int) {
	for _, one := range r.Results {
		if len(one.Failures) > 0 {
			n++
		}
	}
	return n
}

// Run runs the cases whose names match, or all where there is nothing to match.
func (s *Suite) Run(ctx context.Context, match *regexp.Regexp) *Results {
	all := &Results{Errors: s.Errors, Warnings: s.Warnings, Coverage: newCoverage()}
	warned := map[*guardrails]bool{}
	for _, t := range s.Tests {
		for _, c := range t.Cases {
			if match != nil && !match.MatchString(t.File+": "+c.FullName()) {
				continue
			}
			if !warned[t.guardrails] {
				warned[t.guardrails] = true
				all.warn(t.guardrails, c.now)
			}
			all.Results = append(all.Results, c.run(ctx, all.Coverage.of(t.guardrails)))
		}
	}
	return all
}

// warn takes note of what is the matter with guardrails that have no mistake.
func (r *Results) warn(g *guardrails, now time.Time) {
	set, err := g.setAt(now)
	if err == nil {
		r.Warnings = append(r.Warnings, set.Warnings()...)
	}
}

func (c *Case) run(ctx context.Context, covered *covered) *Result {
	begin := time.Now()
	out := &Result{Case: c}
	if err := c.evaluate(withNamespace(ctx, c.namespace), out, covered); err != nil {
		out.Failures = append(out.Failures, Failure{Summary: "cannot be evaluated: " + firstLine(err.Error())})
	}
	out.Took = time.Since(begin)
	return out
}

// evaluate sends the request of a case the way that one to a cluster goes.
func (c *Case) evaluate(ctx context.Context, out *Result, covered *covered) error {
	set, err := c.Test.guardrails.setAt(c.now)
	if err != nil {
		return err
	}
	request := *c.request
	review, err := admission.Sent(&request)
	if err != nil {
		return err
	}
	outcome, err := admission.Admit(ctx, set, review)
	if err != nil {
		return err
	}
	decision := &outcome.Decision
	covered.note(&outcome)
	for _, err := range append(outcome.Mutation.Errors, decision.Errors...) {
		out.Notes = append(out.Notes, firstLine(err.Error()))
	}
	out.Unevaluated = unevaluated(ctx, set, decision)
	out.Failures = c.expect.compare(decision)
	if want := c.expect.evaluated; want != nil && *want == (out.Unevaluated != "") {
		out.Failures = append(out.Failures, Failure{Summary: map[bool]string{
			true: "must be evaluated by a guardrail", false: "must be evaluated by no guardrail",
		}[*want]})
	}
	if c.expect.object == nil {
		return nil
	}
	lines, err := compareObject(c.expect.object, outcome.Object())
	if len(lines) > 0 {
		out.Failures = append(out.Failures, Failure{Summary: "the object is not as expected", About: "object", Diff: lines})
	}
	return err
}

// unevaluated says why no guardrail evaluates an object: nothing is found in what nobody looks at.
func unevaluated(ctx context.Context, set *guardrail.Set, d *guardrail.Decision) string {
	if set.Excludes(d.Review.Namespace) {
		return fmt.Sprintf("no guardrail ever matches in namespace %q", d.Review.Namespace)
	}
	coverage := set.Coverage(ctx, d.Review)
	if len(coverage.By) > 0 {
		return ""
	}
	var why []string
	for _, not := range coverage.Not {
		why = append(why, not.Guardrail+": "+not.Why)
	}
	if len(why) == 0 {
		resource := d.Review.GroupResource()
		if d.Review.Subresource != "" {
			resource += "/" + d.Review.Subresource
		}
		return fmt.Sprintf("no check, rule or default looks at %s of %s", d.Review.Operation, resource)
	}
	return strings.Join(why, "; ")
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
