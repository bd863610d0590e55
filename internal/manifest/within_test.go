package manifest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/manifest"
)

func TestAnObjectWithinAnother(t *testing.T) {
	const text = `apiVersion: example.com/v1
kind: Box
spec:
  object:
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
`
	input := manifest.Read(strings.NewReader(text), "-")
	require.Len(t, input.Objects, 1)
	var box struct {
		Spec struct{ Object json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(input.Objects[0].Raw, &box))
	object, err := input.Objects[0].Within("/spec/object", box.Spec.Object)
	require.NoError(t, err)
	assert.Equal(t, []string{"v1", "Pod", "shop", "web"}, []string{object.APIVersion, object.Kind, object.Namespace, object.Name})
	line, column := object.PositionAt("/metadata")
	assert.Equal(t, []int{7, 5}, []int{line, column})

	for raw, want := range map[string]string{
		`[]`:                           "must be an object of Kubernetes, with apiVersion and kind",
		`{}`:                           "must be an object of Kubernetes, with apiVersion and kind",
		`{"kind": "Pod"}`:              "apiVersion: must be set for a Pod",
		`{"apiVersion": "v1"}`:         "kind: must be set for an object of v1",
		`{"metadata": {"name": true}}`: "metadata.name: must be a string, is true: put it in quotes",
	} {
		_, err := input.Objects[0].Within("/spec/object", json.RawMessage(raw))
		require.Error(t, err, raw)
		assert.Equal(t, want, err.Error(), raw)
	}
}
