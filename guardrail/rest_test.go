package guardrail

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// An object may break a check in thousands of places, and nobody reads them.
func TestFindingsBeyondThoseKeptAreCounted(t *testing.T) {
	set := compiled(t, Options{}, `{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: g},
		spec: {validators: [{name: image-latest-tag}, {name: readiness-probe, action: Warn, params: {withoutPorts: true}}]}}`)
	d := decisionOf(t, set, podOf(500))
	assert.Len(t, d.With(v1alpha1.Deny), maxKept)
	assert.Len(t, d.With(v1alpha1.Warn), maxKept)
	assert.Equal(t, []Rest{
		{Guardrail: "g", Validator: "image-latest-tag", Action: v1alpha1.Deny, Count: 300},
		{Guardrail: "g", Validator: "readiness-probe", Action: v1alpha1.Warn, Count: 300},
	}, d.Rest)
	assert.Equal(t, 300, d.RestOf(v1alpha1.Deny))
	assert.True(t, d.Denied())
	assert.Contains(t, d.Denial(), "\n- and 475 more\n", "500 but for 25 lines")
}

// A thousand warnings must not hide what refuses.
func TestFindingsOfOneActionLeaveThoseOfAnother(t *testing.T) {
	set := compiled(t, Options{}, `{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: g},
		spec: {validators: [{name: readiness-probe, action: Warn, params: {withoutPorts: true}}, {name: liveness-probe, action: Audit, params: {withoutPorts: true}}, {name: share-process-namespace}]}}`)
	d := decisionOf(t, set, strings.Replace(podOf(1_000), `"spec":{`, `"spec":{"shareProcessNamespace":true,`, 1))
	assert.True(t, d.Denied())
	assert.Len(t, d.With(v1alpha1.Deny), 1)
}

func TestACommandKeepsAllFindings(t *testing.T) {
	set := compiled(t, Options{AllFindings: true}, `{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: g},
		spec: {validators: [{name: image-latest-tag}]}}`)
	d := decisionOf(t, set, podOf(500))
	assert.Len(t, d.Findings, 500)
	assert.Empty(t, d.Rest)
}

func podOf(containers int) string {
	var b strings.Builder
	for i := range containers {
		fmt.Fprintf(&b, `{"name":"c%d","image":"nginx"},`, i)
	}
	return `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[` + strings.TrimSuffix(b.String(), ",") + `]}}`
}

func decisionOf(t *testing.T, set *Set, object string) Decision {
	t.Helper()
	d, err := set.Validate(t.Context(), request{object: object}.review(t))
	assert.NoError(t, err)
	return d
}
