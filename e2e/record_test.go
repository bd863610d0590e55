//go:build e2e && !kind

package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// recorded are the lines that `serve --record` wrote into a directory, by the Namespace of the review
// and by the fixture that its object is marked as.
type recorded struct{ byNamespace, byFixture map[string][]string }

func readRecord(t *testing.T, dir string) recorded {
	t.Helper()
	r := recorded{map[string][]string{}, map[string][]string{}}
	files, err := filepath.Glob(filepath.Join(dir, "validate-*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			var review admissionv1.AdmissionReview
			require.NoError(t, json.Unmarshal([]byte(line), &review))
			r.byNamespace[review.Request.Namespace] = append(r.byNamespace[review.Request.Namespace], line)
			for _, raw := range [][]byte{review.Request.Object.Raw, review.Request.OldObject.Raw} {
				var object unstructured.Unstructured
				if len(raw) > 0 && object.UnmarshalJSON(raw) == nil && marked(&object) {
					fixture := object.GetLabels()[fixtureLabel]
					r.byFixture[fixture] = append(r.byFixture[fixture], line)
					break
				}
			}
		}
	}
	return r
}

// of are the reviews of a fixture.
func (r recorded) of(f *checkFixture) (lines []string) {
	all := r.byNamespace[f.object.GetNamespace()]
	if marked(f.object) {
		all = r.byFixture[strconv.Itoa(f.number)]
	}
	for _, line := range all {
		var review admissionv1.AdmissionReview
		if json.Unmarshal([]byte(line), &review) == nil && string(review.Request.Operation) == f.operation &&
			review.Request.SubResource == f.subresource && review.Request.Kind.Kind != "Namespace" == (f.object.GetKind() != "Namespace") {
			lines = append(lines, line)
		}
	}
	return lines
}

// mustBeDecided: `taffrail admit` comes to the decision on what was recorded that the API server came
// to with the webhook. It answers false for one that the webhook was not sent: match conditions leave
// out who keeps the addresses of Services.
func (f *checkFixture) mustBeDecided(t *testing.T, from recorded) bool {
	lines := from.of(f)
	if len(lines) == 0 {
		require.Equal(t, "status", f.subresource, "it was sent, and must have been recorded")
		require.False(t, f.refused)
		return false
	}
	dir := t.TempDir()
	guardrail, reviews := filepath.Join(dir, "guardrail.yaml"), filepath.Join(dir, "validate-reviews.jsonl")
	require.NoError(t, os.WriteFile(guardrail, []byte(f.guardrail(t)), 0o600))
	require.NoError(t, os.WriteFile(reviews, []byte(strings.Join(lines, "")), 0o600))
	args := []string{"admit", "--guardrails", guardrail, "-o", "json", reviews}
	labels := map[string]string{fixtureLabel: strconv.Itoa(f.number)}
	maps.Copy(labels, f.namespaceLabels)
	for key, value := range labels {
		args = append(args, "--namespace-labels", key+"="+value)
	}
	binary, err := taffrailBinary()
	require.NoError(t, err)
	out, err := exec.Command(binary, args...).Output()
	if exit := (*exec.ExitError)(nil); err != nil {
		require.ErrorAs(t, err, &exit)
		require.Equal(t, 1, exit.ExitCode(), "%s%s", out, exit.Stderr)
	}
	require.Equal(t, len(lines), bytes.Count(out, []byte("\n")))
	for line := range bytes.Lines(out) {
		var d struct{ Validate admissionv1.AdmissionResponse }
		require.NoError(t, json.Unmarshal(line, &d))
		assert.Equal(t, f.refused, !d.Validate.Allowed, "%s", line)
		assert.Subset(t, f.warnings, d.Validate.Warnings, "%s", line) // the API server has some of its own
		for _, warning := range f.warnings {
			if strings.HasPrefix(warning, f.check+": ") {
				assert.Contains(t, d.Validate.Warnings, warning)
			}
		}
	}
	return true
}
