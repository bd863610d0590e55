package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/page"
)

func TestThePreviewSaysWhatWouldBecomeDifferent(t *testing.T) {
	server, _ := clusterOf(t, "testdata/audit/cluster.yaml")
	from, err := reach(server.Config())
	require.NoError(t, err)
	written, err := os.ReadFile("testdata/audit/guardrails.yaml")
	require.NoError(t, err)
	inForce, err := guardrail.Parse("guardrails.yaml", written)
	require.NoError(t, err)
	ask := preview(from, audit.LiveOptions{Options: audit.Options{Guardrails: inForce}})

	same, err := ask(t.Context(), written)
	require.NoError(t, err)
	assert.Empty(t, same.Groups)

	other, err := ask(t.Context(), []byte("apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: ours}\nspec: {validators: [{name: resource-limits}]}\n"))
	require.NoError(t, err)
	require.NotEmpty(t, other.Groups)
	first := other.Groups[0]
	assert.Equal(t, "Newly refused", first.Title)
	assert.True(t, first.Worse)
	assert.Equal(t, page.PreviewRow{
		Kind: "Pod", Namespace: "shop", Name: "by-hand", Objects: 1, Guardrail: "ours", Rule: "resource-limits",
		Path: "spec.containers[0].resources.limits[memory]", Message: `Required value: must be set to more than 0 (container "shell")`,
	}, first.Rows[0])

	_, err = ask(t.Context(), []byte("kind: Guardrails\n"))
	assert.ErrorContains(t, err, "apiVersion: must be taffrail.dev/v1alpha1")
}
