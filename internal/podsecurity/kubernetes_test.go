package podsecurity

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	configuration "k8s.io/pod-security-admission/admission/api/v1"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/workload"
)

// TestKubernetesFixtures evaluates Kubernetes' own fixtures, those that it tests implementations of
// the standards with.
func TestKubernetesFixtures(t *testing.T) {
	evaluators := newEvaluators(t)
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	require.NoError(t, err)
	folders, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), "test", "testdata", "*", "v*", "*"))
	require.NoError(t, err)
	files := 0
	for _, folder := range folders {
		parts := strings.Split(folder, string(filepath.Separator))
		level, version, want := parts[len(parts)-3], parts[len(parts)-2], parts[len(parts)-1]
		fixtures, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		require.NoError(t, err)
		for _, file := range fixtures {
			kind := holders[files%len(holders)]
			files++
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var pod corev1.Pod
			require.NoError(t, yaml.Unmarshal(text, &pod))
			object := held(t, &pod, kind)
			denied := evaluators.compare(t, reviewOf(t, kind, object), level, version)
			assert.Equal(t, want == "fail", denied, file)
			if files%8 == 0 { // which takes ten times as long
				assertFixesFix(t, kind, object)
			}
			if t.Failed() {
				t.Fatalf("%s/%s/%s/%s", level, version, want, filepath.Base(file))
			}
		}
	}
	assert.Greater(t, files, 4000)
}

// evaluators are the two that must agree.
type evaluators struct {
	upstream  policy.Evaluator
	standards map[psa.LevelVersion]Standard
	admission *Admission
}

func newEvaluators(t testing.TB) *evaluators {
	t.Helper()
	upstream, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	require.NoError(t, err)
	admission, mistakes := NewAdmission(configuration.PodSecurityDefaults{}, configuration.PodSecurityExemptions{}, Selection{})
	require.Empty(t, mistakes)
	return &evaluators{upstream: upstream, standards: map[psa.LevelVersion]Standard{}, admission: admission}
}

// compare tells whether a Pod is denied. It holds that both evaluators say so, each control by
// itself, and with the Namespace's labels in the same words; and that every violation has a place.
func (e *evaluators) compare(t *testing.T, review *workload.Review, level, versionText string) (denied bool) {
	t.Helper()
	version, err := psa.ParseVersion(versionText)
	require.NoError(t, err)
	lv := psa.LevelVersion{Level: psa.Level(level), Version: version}
	standard := e.standard(lv)
	want := e.kubernetes(review.Pod, lv)
	got := map[string]Words{}
	for _, v := range standard.Evaluate(review) {
		got[v.Control] = v.Words
		assert.False(t, strings.HasSuffix(v.Path.String(), "spec"), v.Control)
		assertWording(t, v)
	}
	assert.Equal(t, want, got, "%s", lv)

	mode, intro := Enforce, fmt.Sprintf("violates PodSecurity %q", lv)
	if review.Pod.IsTemplate() {
		mode, intro = Warn, fmt.Sprintf("would violate PodSecurity %q", lv)
	}
	got = map[string]Words{}
	labels := map[string]string{
		psa.WarnLevelLabel:                                        string(psa.LevelPrivileged),
		"pod-security.kubernetes.io/" + string(mode):              level,
		"pod-security.kubernetes.io/" + string(mode) + "-version": version.String(),
	}
	review.In(t.Context(), &workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: labels}}, nil
	}})
	for _, v := range e.admission.Evaluate(review) {
		assert.Equal(t, mode, v.Mode)
		assert.Equal(t, intro, v.Words.Intro)
		v.Words.Intro = ""
		got[v.Control] = v.Words
	}
	assert.Equal(t, want, got, "%s %s", mode, lv)

	return len(want) > 0
}

func (e *evaluators) standard(lv psa.LevelVersion) Standard {
	standard, known := e.standards[lv]
	if !known {
		standard = NewStandard(lv, Selection{})
		e.standards[lv] = standard
	}
	return standard
}

// kubernetes is what Kubernetes says, by control.
func (e *evaluators) kubernetes(pod *workload.Pod, lv psa.LevelVersion) map[string]Words {
	pod = asDefaulted(pod)
	said := map[string]Words{}
	controls := controlsOf(lv, Selection{})
	for i, result := range e.upstream.EvaluatePod(lv, pod.Meta, pod.Spec) {
		if !result.Allowed {
			said[controls[i].id] = Words{Reason: result.ForbiddenReason, Detail: result.ForbiddenDetail}
		}
	}
	return said
}

var wording = regexp.MustCompile(`^must [^A-Z.]`)

func assertWording(t *testing.T, v Violation) {
	t.Helper()
	assert.Regexp(t, wording, v.Detail)
	assert.False(t, strings.HasSuffix(v.Detail, "."), "full stop: %s", v.Detail)
	assert.LessOrEqual(t, len(v.Detail), 120, v.Detail)
	assert.NotEmpty(t, v.Type)
	assert.NotNil(t, v.Path)
}
