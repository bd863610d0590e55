// Package doctor looks at an installation of Taffrail and says what is wrong
// with it, or would go wrong, and what to do.
//
// It only reads. What it may not read is told, and is no finding. The one thing
// that it sends is a dry run.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
)

// Check looks at one thing that can be wrong.
type Check struct {
	// Name is what the check is called, in a report and in docs/operations.md.
	Name string
	// Summary says what is as it should be when nothing is found.
	Summary string
	// Run answers what it has found, and why it could not look at all that it
	// should have looked at.
	Run func(context.Context, *Installation) ([]Finding, error)
}

// Checks are all checks, in the order in which a finding explains those after it.
func Checks() []Check {
	return []Check{
		installed, rollout, endpoints, certificate, reachability,
		configurations, lockOut, infrastructure, otherWebhooks, mutationOrder,
		guardrails, leaderElection, exemptions, permissions, definitions, senders, versions,
	}
}

// Level says how bad a finding is.
type Level string

const (
	// Note is worth knowing, and nothing is wrong.
	Note Level = "note"
	// Warn is what will go wrong.
	Warn Level = "warn"
	// Fail is what is wrong now.
	Fail Level = "fail"
)

// Finding is something wrong: what, where, and what to do.
type Finding struct {
	Level Level  `json:"level"`
	What  string `json:"what"`
	Where string `json:"where"`
	Do    string `json:"do"`
}

// Result is what came of one check.
type Result struct {
	Check    string    `json:"check"`
	Summary  string    `json:"summary"`
	Outcome  Outcome   `json:"outcome"`
	Findings []Finding `json:"findings"`
	// NotDone says what could not be looked at, and why.
	NotDone []string `json:"notDone,omitempty"`
}

// Outcome is the worst that a check has found.
type Outcome string

const (
	// OK says that nothing was found.
	OK Outcome = "ok"
	// Skipped says that nothing was found, and that not all was looked at.
	Skipped Outcome = "skip"
)

// Report is what came of all checks.
type Report struct {
	Results []Result `json:"checks"`
}

// checkTimeout bounds one check: an answer late is better than none, and one
// that hangs must not hide the others.
const checkTimeout = 30 * time.Second

// Examine runs all checks.
func Examine(ctx context.Context, i *Installation) Report {
	var report Report
	for _, check := range Checks() {
		report.Results = append(report.Results, examine(ctx, i, check))
	}
	return report
}

func examine(ctx context.Context, i *Installation, check Check) Result {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	findings, err := check.Run(ctx, i)
	result := Result{Check: check.Name, Summary: check.Summary, Outcome: OK, Findings: findings}
	if result.Findings == nil {
		result.Findings = []Finding{}
	}
	for _, err := range flatten(err) {
		if why := notDone(err); why != "" {
			result.NotDone, result.Outcome = append(result.NotDone, why), Skipped
		}
	}
	for _, level := range []Level{Note, Warn, Fail} {
		for _, f := range findings {
			if f.Level == level {
				result.Outcome = Outcome(level)
			}
		}
	}
	return result
}

// Found tells whether anything is wrong, or will go wrong.
func (r Report) Found() bool { return r.count(Outcome(Warn))+r.count(Outcome(Fail)) > 0 }

func (r Report) count(outcome Outcome) (n int) {
	for _, result := range r.Results {
		if result.Outcome == outcome {
			n++
		}
	}
	return n
}

// flatten takes joined errors apart: each is something that was not looked at.
func flatten(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, err := range joined.Unwrap() {
			all = append(all, flatten(err)...)
		}
		return all
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// notDone says why something was not looked at. What is not there is told by the
// check "installed", once.
func notDone(err error) string {
	if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
		return ""
	}
	if forbidden := apierrors.APIStatus(nil); apierrors.IsForbidden(err) && errors.As(err, &forbidden) {
		return "no right: " + forbidden.Status().Message
	}
	return fmt.Sprint(err)
}
