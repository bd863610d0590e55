//go:build e2e && !kind

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const together = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: together}
spec:
  validators:
  - {name: image-latest-tag}
  - {name: dangling-service}
  - {name: missing-service-account}
  - {name: namespace-without-quota}
`

// A cluster takes a Guardrail with checks over all objects together, and its status says that they
// are not made here. No object is refused by them.
func TestChecksOverASetAreLeftToTheCommandLine(t *testing.T) {
	parallel(t)
	namespace := cluster(t).namespace(t)
	serveCluster(t, 1)
	apply(t, together)
	require.Eventually(t, func() bool {
		status := cluster(t).kubectl(t, "", "get", "guardrail", "together", "-o", "jsonpath={.status.validators} {.status.conditions[0].message}").stdout
		return strings.HasPrefix(status, "1 in force; validators that need all objects together, left to taffrail check: 3")
	}, soon, interval)
	require.Eventually(t, func() bool {
		return strings.Contains(create(t, namespace, "{apiVersion: v1, kind: Pod, metadata: {name: late}, spec: {containers: [{name: a, image: nginx}]}}").stderr,
			"image-latest-tag")
	}, soon, interval, "the Guardrail holds")
	create(t, namespace, "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}").mustSucceed(t)
}

func create(t *testing.T, namespace, manifest string) result {
	t.Helper()
	return cluster(t).kubectl(t, manifest, "create", "-n", namespace, "-f", "-")
}
