package podsecurity

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/pod-security-admission/policy"

	"taffrail.dev/taffrail/internal/workload"
)

// A control without a locator still denies, but says neither where nor how to fix it.
func TestEveryControlHasALocator(t *testing.T) {
	for _, id := range Controls() {
		assert.Contains(t, locators, id)
	}
	assert.Len(t, locators, len(Controls()))
}

// A control of a Kubernetes newer than our locators denies in Kubernetes' own words.
func TestAControlWithoutALocatorStillDenies(t *testing.T) {
	pod := &workload.Pod{Meta: &metav1.ObjectMeta{}, Spec: &corev1.PodSpec{}}
	c := control{id: "newControl", level: "baseline", check: func(*metav1.ObjectMeta, *corev1.PodSpec) policy.CheckResult {
		return policy.CheckResult{ForbiddenReason: "new things", ForbiddenDetail: `container "web"`}
	}}
	assert.Equal(t, []Violation{{
		Path: pod.SpecPath(), Type: field.ErrorTypeForbidden,
		Value: `container "web"`, Detail: `must pass new things: container "web"`,
		Level: "baseline", Control: "newControl",
		Words: Words{Reason: "new things", Detail: `container "web"`},
	}}, Standard{[]control{c}}.evaluate(pod))
}
