package patching_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/patching"
)

// merge is one case of testdata/merges.yaml.
type merge struct {
	Name          string          `json:"name"`
	Object        json.RawMessage `json:"object"`
	Configuration json.RawMessage `json:"configuration"`
	Want          json.RawMessage `json:"want"`
	Error         string          `json:"error"`
	// Unknown says that the object has fields that an API server of this version would not keep.
	Unknown     bool `json:"unknown"`
	OnlyMissing bool `json:"onlyMissing"`
}

func merges(t *testing.T) (all []merge) {
	t.Helper()
	text, err := os.ReadFile("testdata/merges.yaml")
	require.NoError(t, err)
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		var m merge
		require.NoError(t, yaml.UnmarshalStrict([]byte(document), &m))
		all = append(all, m)
	}
	return all
}

// document is JSON as a review has it.
func document(t *testing.T, raw []byte) (out map[string]any) {
	t.Helper()
	require.NoError(t, kjson.UnmarshalCaseSensitivePreserveInts(raw, &out))
	return out
}

func kindOf(object map[string]any) schema.GroupVersionKind {
	return (&unstructured.Unstructured{Object: object}).GroupVersionKind()
}

func TestApplyConfigurationMergesAsServerSideApply(t *testing.T) {
	for _, m := range merges(t) {
		t.Run(m.Name, func(t *testing.T) {
			object, configuration := document(t, m.Object), document(t, m.Configuration)
			merged, err := patching.ApplyConfiguration(kindOf(object), object, configuration, m.OnlyMissing)
			if m.Error != "" {
				require.ErrorContains(t, err, m.Error)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, document(t, m.Want), merged)
			assert.Equal(t, document(t, m.Object), object, "what was sent has changed")
			again, err := patching.ApplyConfiguration(kindOf(object), merged, configuration, m.OnlyMissing)
			require.NoError(t, err)
			assert.Empty(t, patching.Diff(merged, again), "a second time changes something")
		})
	}
}

// An API server's own code merges the same.
func TestApplyConfigurationMergesAsAMutatingAdmissionPolicy(t *testing.T) {
	converter := applyconfigurations.NewTypeConverter(scheme.Scheme)
	for _, m := range merges(t) {
		object := document(t, m.Object)
		if m.Unknown || m.OnlyMissing || !scheme.Scheme.Recognizes(kindOf(object)) {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			configuration := &unstructured.Unstructured{Object: document(t, m.Configuration)}
			configuration.SetGroupVersionKind(kindOf(object))
			merged, err := patch.ApplyStructuredMergeDiff(converter, &unstructured.Unstructured{Object: object}, configuration)
			if m.Error != "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, document(t, m.Want), merged.(*unstructured.Unstructured).Object)
		})
	}
}
