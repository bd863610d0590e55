//go:build e2e && !kind

package e2e

import "testing"

// TestNarrowExemptionsInTheCluster: the API server takes the fields, and refuses what the CRD says.
func TestNarrowExemptionsInTheCluster(t *testing.T) {
	parallel(t)
	serveCluster(t, 1)
	apply(t, noLatest)
	namespace := cluster(t).namespace(t)
	refusedSoon(t, namespace, "image-latest-tag")
	exemption := func(narrow string) string {
		return `{apiVersion: taffrail.dev/v1alpha1, kind: Exemption, metadata: {name: narrow, namespace: ` + namespace + `},
			spec: {validators: [image-latest-tag], reason: r, owner: o, expires: "2126-01-01", ` + narrow + `}}`
	}
	for narrow, want := range map[string]string{
		"names: ['*']":         "spec.names[0]",
		"names: ['a*b']":       "spec.names[0]",
		"containers: [Web]":    "spec.containers[0]",
		"images: ['nginx*b*']": "spec.images[0]",
		"names: [web, web]":    "spec.names[1]",
		"name: [web]":          `unknown field "spec.name"`,
	} {
		cluster(t).kubectl(t, exemption(narrow), "apply", "-f", "-").mustFail(t, want)
	}
}
