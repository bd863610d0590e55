package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const twoContainers = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      containers:
      - name: web
        image: nginx
      - name: log
        image: busybox
        securityContext: {privileged: true}
`

// What was found stays what it is when it stands elsewhere: a merge request shows what is new in it.
func TestFingerprintsStay(t *testing.T) {
	before := fingerprints(t, twoContainers)
	require.Len(t, before, 6, "two images, a privileged container, two limits, the token")
	for name, now := range map[string]string{
		"moved down": "# a comment\n\n" + strings.ReplaceAll(twoContainers, "spec:\n  template", "spec:\n  # another\n  template"),
		"containers in another order": strings.Replace(twoContainers,
			"      - name: web\n        image: nginx\n      - name: log\n        image: busybox\n        securityContext: {privileged: true}\n",
			"      - name: log\n        image: busybox\n        securityContext: {privileged: true}\n      - name: web\n        image: nginx\n", 1),
		"a container before":      strings.Replace(twoContainers, "      - name: web\n", "      - name: new\n        image: registry.example.com/new:1\n        resources: {limits: {memory: 1Gi}}\n      - name: web\n", 1),
		"another document before": "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n---\n" + twoContainers,
		"another value":           strings.Replace(twoContainers, "image: nginx", "image: nginx:latest", 1),
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, before, fingerprints(t, now)) })
	}
}

func TestWhatIsElsewhereHasAnotherFingerprint(t *testing.T) {
	before := fingerprints(t, twoContainers)
	for name, now := range map[string]string{
		"another object":    strings.Replace(twoContainers, "name: web, ", "name: shop, ", 1),
		"another namespace": strings.Replace(twoContainers, "namespace: shop", "namespace: other", 1),
		"another kind":      strings.Replace(twoContainers, "Deployment", "DaemonSet", 1),
	} {
		t.Run(name, func(t *testing.T) {
			for _, print := range fingerprints(t, now) {
				assert.NotContains(t, before, print)
			}
		})
	}
}

func TestItemsWithoutNamesHaveFingerprintsOfTheirOwn(t *testing.T) {
	prints := fingerprints(t, "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {externalIPs: [192.0.2.1, 192.0.2.2, 192.0.2.3]}\n")
	assert.Len(t, prints, 3)
	assert.Len(t, slices.Compact(prints), 3)
}

// fingerprints are those of GitLab's form, sorted, which are those of SARIF too.
func fingerprints(t *testing.T, manifest string) (prints []string) {
	t.Helper()
	var issues []struct{ Fingerprint string }
	require.NoError(t, json.Unmarshal(reported(t, "gitlab", manifest), &issues))
	var log struct {
		Runs []struct {
			Results []struct{ PartialFingerprints map[string]string }
		}
	}
	require.NoError(t, json.Unmarshal(reported(t, "sarif", manifest), &log))
	for i, issue := range issues {
		assert.Equal(t, issue.Fingerprint, log.Runs[0].Results[i].PartialFingerprints["taffrailFinding/v1"])
		prints = append(prints, issue.Fingerprint)
	}
	slices.Sort(prints)
	return prints
}

func reported(t *testing.T, form, manifest string) []byte {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"check", "-o", form, "-"}, streams{in: strings.NewReader(manifest), out: &out, err: &errs})
	require.NotEqual(t, exitUsage, code, errs.String())
	return out.Bytes()
}
