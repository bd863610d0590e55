package guardrail

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// leftOut is what the built-in guardrail has and a ready-made one has not, and why.
var leftOut = map[string]map[string]string{
	"production.yaml": {
		"default-resource-requests": "must stand in the manifest",
	},
	"nsa-cisa-hardening.yaml": {
		"readiness-probe":  "availability is no matter of the guide",
		"liveness-probe":   "availability is no matter of the guide",
		"pdb-blocks-drain": "availability is no matter of the guide",

		"dangling-horizontal-pod-autoscaler":  "availability is no matter of the guide",
		"dangling-ingress":                    "availability is no matter of the guide",
		"dangling-pod-disruption-budget":      "availability is no matter of the guide",
		"dangling-service":                    "availability is no matter of the guide",
		"dangling-service-monitor":            "availability is no matter of the guide",
		"duplicate-horizontal-pod-autoscaler": "availability is no matter of the guide",
		"duplicate-ingress-path":              "availability is no matter of the guide",
		"pdb-against-replicas":                "availability is no matter of the guide",
		"replicas-against-hpa":                "availability is no matter of the guide",
	},
}

func readyMade(t *testing.T) map[string]v1alpha1.Guardrail {
	t.Helper()
	files, err := filepath.Glob("../deploy/guardrails/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string]v1alpha1.Guardrail{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		objects, err := Parse(file, data)
		require.NoError(t, err)
		require.Len(t, objects.Guardrails, 1)
		all[filepath.Base(file)] = objects.Guardrails[0]
	}
	return all
}

// TestReadyMadeGuardrails: each of deploy/guardrails is one that Taffrail takes,
// says first for whom it is, and goes well with the others.
func TestReadyMadeGuardrails(t *testing.T) {
	for file, g := range readyMade(t) {
		t.Run(file, func(t *testing.T) {
			assert.Equal(t, strings.TrimSuffix(file, ".yaml"), g.Name)
			text, err := os.ReadFile(filepath.Join("../deploy/guardrails", file))
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(string(text), "# For "))
			_, err = Compile(Objects{Guardrails: []v1alpha1.Guardrail{g}}, Options{})
			assert.NoError(t, err)
		})
	}
}

// TestReadyMadeGuardrailsHoldTheDefaultSet: what the built-in guardrail has is
// there and no laxer, or deliberately not.
func TestReadyMadeGuardrailsHoldTheDefaultSet(t *testing.T) {
	strictness := map[v1alpha1.Action]int{v1alpha1.Audit: 0, v1alpha1.Warn: 1, v1alpha1.Deny: 2}
	for file, g := range readyMade(t) {
		t.Run(file, func(t *testing.T) {
			there := map[string]int{}
			for _, m := range g.Spec.Mutators {
				there[m.Name] = 0
			}
			for _, v := range g.Spec.Validators {
				there[v.Name] = strictness[cmp.Or(v.Action, v1alpha1.Deny)]
			}
			holds := func(name string, want int) {
				got, found := there[name]
				if leftOut[file][name] != "" {
					assert.False(t, found, "%s is not left out", name)
					return
				}
				assert.True(t, found && got >= want, "%s is missing, or laxer", name)
			}
			for _, m := range Default().Guardrails[0].Spec.Mutators {
				holds(m.Name, 0)
			}
			for _, v := range Default().Guardrails[0].Spec.Validators {
				holds(v.Name, strictness[cmp.Or(v.Action, v1alpha1.Deny)])
			}
		})
	}
}

// minimalPod says nothing but what runs.
func minimalPod() *corev1.Pod {
	return &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "registry.example.com/web:1.4.2"}}},
	}
}

// TestAMinimalPodPassesRestricted: the defaults of restricted.yaml are enough
// for every Deny of it, for a Pod and for the template of one, as whichever service account it runs.
func TestAMinimalPodPassesRestricted(t *testing.T) {
	for _, account := range []string{"", "default", "web"} {
		t.Run("as "+account, func(t *testing.T) { passesRestricted(t, account) })
	}
}

func passesRestricted(t *testing.T, account string) {
	g := readyMade(t)["restricted.yaml"]
	set, err := Compile(Objects{Guardrails: []v1alpha1.Guardrail{g}}, Options{})
	require.NoError(t, err)
	minimal := minimalPod()
	minimal.Spec.ServiceAccountName = account

	pod := created(t, minimal, "pods")
	assert.Empty(t, set.Mutate(t.Context(), pod).Errors)
	d, err := set.Validate(t.Context(), pod)
	require.NoError(t, err)
	assert.Empty(t, d.With(v1alpha1.Deny))

	labels := map[string]string{"app": "web"}
	d, err = set.Validate(t.Context(), created(t, &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: minimal.Spec},
		},
	}, "deployments"))
	require.NoError(t, err)
	assert.Empty(t, d.With(v1alpha1.Deny))

	// It is the defaults that do it.
	g.Spec.Mutators = nil
	set, err = Compile(Objects{Guardrails: []v1alpha1.Guardrail{g}}, Options{})
	require.NoError(t, err)
	d, err = set.Validate(t.Context(), created(t, minimalPod(), "pods"))
	require.NoError(t, err)
	assert.Greater(t, len(d.With(v1alpha1.Deny)), 5)
}
