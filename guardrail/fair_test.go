package guardrail

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/api/v1alpha1"
)

func TestFairly(t *testing.T) {
	group := func(item string) byte { return item[0] }
	list := strings.Fields("a1 a2 a3 a4 a5 b1 c1 c2 c3 c4")
	for most, want := range map[int]string{
		20: "a1 a2 a3 a4 a5 b1 c1 c2 c3 c4",
		9:  "a1 a2 a3 a4 b1 c1 c2 c3 c4",
		6:  "a1 a2 a3 b1 c1 c2",
		3:  "a1 b1 c1",
		2:  "a1 a2",
		0:  "",
	} {
		assert.Equal(t, want, strings.Join(fairly(list, most, group), " "), most)
	}
}

// TestADenialShowsTheFirstFindingsOfEveryCheck: an object with 60 bad containers, and with 500, more
// than are kept.
func TestADenialShowsTheFirstFindingsOfEveryCheck(t *testing.T) {
	checks := []string{"cpu-limits-forbidden", "image-digest-required", "image-latest-tag", "read-only-root-filesystem", "required-drop-capabilities", "resource-limits"}
	set := compiled(t, Options{}, `{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: g},
		spec: {validators: [{name: `+strings.Join(checks, "}, {name: ")+`}]}}`)
	for _, containers := range []int{60, 500} {
		object := strings.ReplaceAll(podOf(containers), `"image":"nginx"`, `"image":"nginx","ports":[{"containerPort":80}],"resources":{"limits":{"cpu":"1"}}`)
		d := decisionOf(t, set, object)
		denial := d.Denial()
		lines := strings.Split(denial, "\n")
		assert.Len(t, lines, 1+maxLines+2)
		for _, check := range checks {
			assert.GreaterOrEqual(t, strings.Count(denial, "\n- "+check+": "), keptOfEach, "%s of %d", check, containers)
			assert.Contains(t, denial, fmt.Sprintf("- %s: spec.containers[0].", check), "the first")
		}
		assert.Contains(t, denial, fmt.Sprintf("\n- and %d more\n", len(checks)*containers-maxLines))
		assert.Equal(t, len(checks)*containers, len(d.With(v1alpha1.Deny))+d.RestOf(v1alpha1.Deny))
	}
}

// TestARefusedNamespaceNamesNoExemptionInIt: nothing can be in it before it is there.
func TestARefusedNamespaceNamesNoExemptionInIt(t *testing.T) {
	set := compiled(t, Options{}, `{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: g}, spec: {validators: [{name: namespace-pod-security-labels}]}}`)
	d := decided(t, set, request{object: "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}", namespace: "shop"}.review(t))
	assert.True(t, d.Denied())
	assert.True(t, strings.HasSuffix(d.Denial(), "\nSee `taffrail explain namespace-pod-security-labels`."), d.Denial())
}
