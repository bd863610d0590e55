package migrate

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const policies = `
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: owner}
spec:
  rules:
  - name: label
    match: {any: [{resources: {kinds: [ConfigMap]}}]}
    validate: {pattern: {metadata: {labels: {owner: "?*"}}}}
---
apiVersion: wgpolicyk8s.io/v1alpha2
kind: PolicyReport
metadata: {name: x, namespace: shop}
scope: {kind: ConfigMap, name: both, namespace: shop}
results: [{policy: owner, rule: label, result: fail}]
---
apiVersion: wgpolicyk8s.io/v1alpha2
kind: PolicyReport
metadata: {name: z, namespace: shop}
results:
- {policy: owner, rule: label, result: fail, resources: [{kind: ConfigMap, name: theirs, namespace: shop}]}
- {policy: owner, rule: label, result: pass, resources: [{kind: ConfigMap, name: ours, namespace: shop}]}
- {policy: owner, rule: label, result: fail, resources: [{kind: ConfigMap, name: gone, namespace: shop}]}
`

const configMaps = `
{apiVersion: v1, kind: ConfigMap, metadata: {name: both, namespace: shop}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: ours, namespace: shop}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: theirs, namespace: shop, labels: {owner: a}}}
`

// The verdicts of manifests are held against the old engine's, row by row.
func TestAProofComparesVerdicts(t *testing.T) {
	directory := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(directory, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	in, wrong := Read(nil, write("policies.yaml", policies))
	require.Empty(t, wrong)
	result := Run(in)
	require.NoError(t, result.ProveManifests(t.Context(), in, nil, write("manifests.yaml", configMaps)))
	assert.Equal(t, &Proof{
		Compared: true, Same: 1, OnlyTheirs: 1, OnlyOurs: 1, Elsewhere: 1,
		Verdicts: []Verdict{
			{"owner", "ConfigMap", "shop", "both", "both"},
			{"owner", "ConfigMap", "shop", "ours", "ours"},
			{"owner", "ConfigMap", "shop", "theirs", "theirs"},
		},
	}, result.Proof)
	var text bytes.Buffer
	require.NoError(t, result.WriteText(&text))
	assert.Contains(t, text.String(), "only theirs: ConfigMap shop/theirs breaks owner")
	assert.Contains(t, text.String(), "1 same, 1 only theirs, 1 only ours; 1 of theirs are on objects that were not evaluated")
}

// A constraint's own status is compared as well.
func TestAProofReadsTheStatusOfConstraints(t *testing.T) {
	file := filepath.Join(t.TempDir(), "constraint.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`
{apiVersion: constraints.gatekeeper.sh/v1beta1, kind: K8sPSPPrivilegedContainer, metadata: {name: privileged},
 status: {violations: [{kind: Pod, name: web, namespace: shop}]}}
`), 0o600))
	in, wrong := Read(nil, file)
	require.Empty(t, wrong)
	result := Run(in)
	result.Prove(in, []Found{{"privileged", "pod-security", "Pod", "shop", "web"}}, func(string, string, string) bool { return true })
	assert.Equal(t, 1, result.Proof.Same)
	assert.Zero(t, result.Proof.OnlyOurs+result.Proof.OnlyTheirs)
}
