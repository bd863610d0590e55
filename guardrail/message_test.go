package guardrail

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
)

const withMessage = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec:
  validators:
  - name: image-latest-tag
    message: "see https://wiki.example.com/images"
  - name: resource-limits
    action: Warn
`

// TestAMessageIsShownWithEachFinding: in what is refused, in what is warned of, and in the causes.
func TestAMessageIsShownWithEachFinding(t *testing.T) {
	set := compiled(t, Options{}, withMessage)
	d := decided(t, set, request{object: nginxPod}.review(t))
	assert.Equal(t, `pods "web" violates 1 check of g:
- image-latest-tag: spec.containers[0].image: Invalid value: "nginx": must have a tag other than latest (container "web"); see https://wiki.example.com/images
See `+"`taffrail explain image-latest-tag`"+`; exceptions: kind Exemption in namespace "shop".`, d.Denial())
	assert.Equal(t, `image-latest-tag: Invalid value: "nginx": must have a tag other than latest (container "web"); see https://wiki.example.com/images`, d.Findings[0].Cause())
	require.Len(t, d.Warnings(), 1)
	assert.NotContains(t, d.Warnings()[0].String(), "wiki", "of another check")

	assert.Contains(t, evaluated(t, set, request{operation: admissionv1.Update, object: nginxPod, old: nginxPod}),
		`Warn image-latest-tag: spec.containers[0].image: Invalid value: "nginx": must have a tag other than latest (container "web")`+
			`; it was so before, so it passes; see https://wiki.example.com/images`)
}

// TestAMessageIsShownWithTheWordsOfOthers: pod-security speaks Kubernetes' words where it obeys the
// labels of a Namespace.
func TestAMessageIsShownWithTheWordsOfOthers(t *testing.T) {
	set := compiled(t, Options{}, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {validators: [{name: pod-security, message: ask the platform team, params: {level: namespace, defaults: {enforce: restricted}}}]}
`)
	lines := Lines(decided(t, set, request{object: nginxPod}.review(t)).Findings)
	require.Len(t, lines, 1)
	assert.True(t, strings.HasSuffix(lines[0].Text, "; ask the platform team"), lines[0].Text)
}

func TestMistakesInAMessage(t *testing.T) {
	for message, want := range map[string]string{
		`"\u001b[2J"`:                        `must be one line of letters, signs and spaces that can be printed`,
		`"two\nlines"`:                       `must be one line of letters, signs and spaces that can be printed`,
		`" a "`:                              `must neither begin nor end with a space`,
		`"see {{ .Name }}"`:                  `must not have placeholders: it is shown as it is, behind what was found`,
		`"see $(name)"`:                      `must not have placeholders: it is shown as it is, behind what was found`,
		`"` + strings.Repeat("a", 257) + `"`: `Too long: may not be more than 256 bytes`,
	} {
		mistakes := (*Set)(nil).Check([]byte(strings.Replace(withMessage, `"see https://wiki.example.com/images"`, message, 1)))
		require.Len(t, mistakes, 1, message)
		assert.Contains(t, mistakes[0].Error(), "spec.validators[0].message: ", message)
		assert.Contains(t, mistakes[0].Error(), want, message)
	}
	assert.Empty(t, (*Set)(nil).Check([]byte(strings.Replace(withMessage, "see https", "voir là-bas : https", 1))))
}
