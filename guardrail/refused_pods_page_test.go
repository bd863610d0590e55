package guardrail

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The Exemption to copy in docs/refused-pods.md lets pass what is refused at the top of that page.
func TestTheExemptionOfThePageAboutRefusedPods(t *testing.T) {
	page, err := os.ReadFile("../docs/refused-pods.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "```yaml\n")
	require.True(t, found)
	document, _, _ := strings.Cut(rest, "```")
	objects, err := Parse("docs/refused-pods.md", []byte(document))
	require.NoError(t, err)
	require.Len(t, objects.Exemptions, 1)

	// As `kubectl run shell --image=busybox:1.36 --privileged` makes it.
	shell := request{namespace: "default", object: `
apiVersion: v1
kind: Pod
metadata: {name: shell, namespace: default, labels: {run: shell}}
spec: {containers: [{name: shell, image: "busybox:1.36", securityContext: {privileged: true}}]}
`}
	begins := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	at := Options{Now: func() time.Time { return begins }}
	objects.Guardrails = Default().Guardrails
	exemptions := objects.Exemptions
	objects.Exemptions = nil
	without, err := Compile(objects, at)
	require.NoError(t, err)
	refused := decisionOn(t, without, shell)
	assert.True(t, refused.Denied())
	assert.Contains(t, string(page), "\n"+strings.Split(refused.Denial(), "\n")[1]+"\n", "the page shows this refusal")

	exemptions[0].CreationTimestamp = metav1.NewTime(begins)
	objects.Exemptions = exemptions
	with, err := Compile(objects, at)
	require.NoError(t, err)
	assert.False(t, decisionOn(t, with, shell).Denied())
}

func decisionOn(t *testing.T, set *Set, q request) *Decision {
	t.Helper()
	d, err := set.Validate(t.Context(), q.review(t))
	require.NoError(t, err)
	return &d
}
