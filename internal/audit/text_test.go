package audit

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/report"
)

var update = flag.Bool("update", false, "write the goldens")

// fleet is what an audit of a cluster of some workloads could say.
func fleet(workloads int) *Report {
	r := &Report{Notes: []string{"could not list secrets: secrets is forbidden: User \"jane\" cannot list resource \"secrets\" in API group \"\" at the cluster scope; the rest is complete"}}
	checks := []struct {
		validator, path, message string
		action                   v1alpha1.Action
	}{
		{"image-latest-tag", "spec.template.spec.containers[0].image", `Invalid value: "nginx": must have a tag other than latest, or a digest (container "web")`, v1alpha1.Deny},
		{"pod-security", "spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation", `Required value: must be false (container "web", Pod Security Standard restricted)`, v1alpha1.Deny},
		{"readiness-probe", "spec.template.spec.containers[0].readinessProbe", `Required value: must be set (container "web")`, v1alpha1.Warn},
		{"team-label", "", "must have the label team, so that somebody can be asked; from 2027-01-01 this is refused", v1alpha1.Audit},
	}
	for i := range workloads {
		namespace := fmt.Sprintf("team-%02d", i*i%30)
		owner := Object{"apps/v1", "Deployment", namespace, fmt.Sprintf("web-%d", i), ""}
		for n, c := range checks {
			if (i+n)%3 == 0 {
				continue
			}
			one := report.Result{
				Kind: "Deployment", Namespace: namespace, Name: owner.Name, Resource: "deployments.apps", Guardrail: "default",
				Validator: c.validator, Rule: n == 3, Action: c.action, Severity: "medium", Path: c.path, Message: c.message,
			}
			r.Results = append(r.Results, Result{Result: one, Owner: owner, Objects: 1 + i%4})
			switch c.action {
			case v1alpha1.Deny:
				r.Summary.Denied++
			case v1alpha1.Warn:
				r.Summary.Warned++
			default:
				r.Summary.Audited++
			}
		}
	}
	r.Summary.Objects, r.Summary.Evaluated, r.Summary.Excluded, r.Summary.Exempted = workloads*6+40, workloads*6, 30, 3
	return r
}

func textOf(t *testing.T, r *Report, look report.Look) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, r.WriteText(&out, look))
	return out.String()
}

func TestTextGolden(t *testing.T) {
	nothing := &Report{Summary: Summary{Objects: 12, Evaluated: 12}}
	for name, c := range map[string]struct {
		report *Report
		look   report.Look
	}{
		"few-in-a-file":   {fleet(3), report.Look{}},
		"few-at-80":       {fleet(3), report.Look{Width: 80}},
		"few-at-160":      {fleet(3), report.Look{Width: 160, Color: true}},
		"2000-at-80":      {fleet(750), report.Look{Width: 80}},
		"2000-at-160":     {fleet(750), report.Look{Width: 160}},
		"nothing-to-say":  {nothing, report.Look{Width: 80}},
		"nothing-matched": {&Report{Summary: Summary{Objects: 12}, Notes: []string{"Guardrail ours: the rule not-by-hand is left out: it asks who sends a request"}}, report.Look{}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", "text", name+".txt")
			got := textOf(t, c.report, c.look)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
		})
	}
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	for _, width := range []int{20, 80, 160} {
		for line := range strings.Lines(textOf(t, fleet(750), report.Look{Width: width})) {
			assert.LessOrEqual(t, printable.Width(strings.TrimSuffix(line, "\n")), width, line)
		}
	}
}

func TestATerminalShowsWhatSomebodyReadsAndAFileAll(t *testing.T) {
	r := fleet(750)
	require.Len(t, r.Results, 2000)
	file := textOf(t, r, report.Look{})
	for i := range r.Results {
		require.Contains(t, file, r.Results[i].Owner.String()+"\n")
	}
	assert.Equal(t, 2000, strings.Count(file, "  Deny ")+strings.Count(file, "  Warn ")+strings.Count(file, "  Audit "))
	terminal := textOf(t, r, report.Look{Width: 80})
	assert.Less(t, strings.Count(terminal, "\n"), 500)
	assert.Contains(t, terminal, "and 725 more workloads, less bad: -o text=FILE has all")
	assert.Equal(t, 2, strings.Count(terminal, "would be refused, 500 warned"), "again at the end, as the first line has gone from the screen")
}

func TestATerminalShowsWorkloadsOfSeveralNamespaces(t *testing.T) {
	of := map[string]int{}
	for line := range strings.Lines(textOf(t, fleet(750), report.Look{Width: 80})) {
		if namespace, _, is := strings.Cut(line, "/Deployment/"); is {
			of[namespace]++
		}
	}
	assert.Equal(t, map[string]int{"team-01": 5, "team-04": 5, "team-16": 5, "team-19": 5, "team-10": 5}, of, "in the first alone are a hundred")
}

func TestTheWorstComesFirst(t *testing.T) {
	lines := strings.Split(textOf(t, fleet(750), report.Look{}), "\n")
	assert.Contains(t, lines[0], "would be refused")
	assert.Contains(t, lines[2], "CHECK OF default")
	assert.Contains(t, lines[3], "image-latest-tag")
}

func TestNothingInAReportLooksLikeOurOwn(t *testing.T) {
	r := fleet(1)
	r.Results[0].Owner.Name = "web\x1b[31m\n::error::"
	text := textOf(t, r, report.Look{Width: 80, Color: true})
	assert.NotContains(t, text, "web\x1b")
	assert.NotContains(t, text, "\n::error")
}
