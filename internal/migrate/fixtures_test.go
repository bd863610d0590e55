package migrate

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/check"
	"taffrail.dev/taffrail/internal/migrate/policy"
	"taffrail.dev/taffrail/internal/report"
)

var update = flag.Bool("update", false, "write the golden files")

// The fixtures of each source are policies and objects. An object names the policies that it breaks in
// the annotation fails, and those that it keeps to in passes.
var fixtures = map[string]int{"vap": 25, "gatekeeper": 25, "kyverno": 25, "psp": 8, "polaris": 8, "kube-linter": 8, "k-rail": 8}

func TestGoldenFixturesAreDecidedAsTheirPoliciesSay(t *testing.T) {
	for name, atLeast := range fixtures {
		t.Run(name, func(t *testing.T) {
			directory := filepath.Join("testdata", name)
			in, wrong := Read(nil, filepath.Join(directory, "policies.yaml"))
			require.Empty(t, wrong)
			result := Run(in)
			for i := range result.Rows {
				assert.NotEqual(t, policy.Left, result.Rows[i].Outcome, "%s: %s", result.Rows[i].Policy, result.Rows[i].Why)
			}
			assert.GreaterOrEqual(t, result.Summary.Rules, atLeast)

			objects := filepath.Join(directory, "objects.yaml")
			findings, err := check.Run(t.Context(), check.Options{Objects: result.Objects}, nil, objects)
			require.NoError(t, err)
			require.Empty(t, findings.Errors)
			for i := range findings.Results {
				assert.NotEqual(t, "matchConditions", findings.Results[i].Validator, findings.Results[i].Message)
			}
			expected(t, result, findings, objects)

			in.Now = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
			golden(t, name, Run(in))
		})
	}
}

// expected compares findings with what the objects say, and wants of each policy an object that breaks
// it and one that does not.
func expected(t *testing.T, result *Result, findings *report.Report, file string) {
	t.Helper()
	in, wrong := Read(nil, file)
	require.Empty(t, wrong)
	failing, passing := map[string]bool{}, map[string]bool{}
	for _, o := range in.Objects {
		for name := range strings.FieldsSeq(o.Annotations()["fails"]) {
			failing[name] = true
			assert.True(t, found(result, findings, name, o), "%s %s must break %s", o.Kind, o.Name, name)
		}
		for name := range strings.FieldsSeq(o.Annotations()["passes"]) {
			passing[name] = true
			assert.False(t, found(result, findings, name, o), "%s %s must keep to %s", o.Kind, o.Name, name)
		}
	}
	if len(failing) >= 8 && strings.Contains(file, "lint") || strings.Contains(file, "rail") {
		return // every check of these tables has fixtures of its own
	}
	for i := range result.Rows {
		if row := &result.Rows[i]; slices.ContainsFunc(row.Became, result.checks) {
			assert.True(t, failing[row.Policy] || failing[row.Rule], "%s has no object that breaks it", row.Policy)
			assert.True(t, passing[row.Policy] || passing[row.Rule], "%s has no object that keeps to it", row.Policy)
		}
	}
}

// named tells whether a row is of a policy, or of a rule of a configuration.
func (row *Row) named(name string) bool { return row.Policy == name || row.Rule == name }

// checks tells whether something is a check or a rule, and no default and no Exemption.
func (r *Result) checks(became string) bool {
	of, name, _ := strings.Cut(became, "/")
	return slices.ContainsFunc(r.Objects.Guardrails, func(g v1alpha1.Guardrail) bool {
		return g.Name == of && (slices.ContainsFunc(g.Spec.Validators, func(v v1alpha1.Validator) bool { return v.Name == name }) ||
			slices.ContainsFunc(g.Spec.Rules, func(r v1alpha1.Rule) bool { return r.Name == name }))
	})
}

// found tells whether what a policy has become finds something in an object.
func found(result *Result, findings *report.Report, name string, o *policy.Object) bool {
	var became []string
	for i := range result.Rows {
		if result.Rows[i].named(name) {
			became = append(became, result.Rows[i].Became...)
		}
	}
	return slices.ContainsFunc(findings.Results, func(f report.Result) bool {
		return f.Kind == o.Kind && f.Name == o.Name && f.Namespace == o.Namespace && slices.Contains(became, f.Guardrail+"/"+f.Validator)
	})
}

func golden(t *testing.T, name string, result *Result) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, result.WriteText(&b))
	b.WriteString("\n")
	require.NoError(t, result.WriteYAML(&b))
	file := filepath.Join("testdata", name, "golden.txt")
	if *update {
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), b.String())
}
