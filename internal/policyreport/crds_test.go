package policyreport

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// definition reads what a cluster is told of a kind, of one version.
func definition(t *testing.T, api *API, resource string) (*apiextensions.JSONSchemaProps, *structuralschema.Structural) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "crds", api.Group+"_"+resource+".yaml"))
	require.NoError(t, err)
	var crd apiextensionsv1.CustomResourceDefinition
	require.NoError(t, yaml.UnmarshalStrict(text, &crd))
	for i := range crd.Spec.Versions {
		v := &crd.Spec.Versions[i]
		if v.Name != api.Version {
			continue
		}
		require.True(t, v.Served)
		var props apiextensions.JSONSchemaProps
		require.NoError(t, apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v.Schema.OpenAPIV3Schema, &props, nil))
		structural, err := structuralschema.NewStructural(&props)
		require.NoError(t, err)
		return &props, structural
	}
	require.Fail(t, "no such version", api.Version)
	return nil, nil
}

// What is written is valid, and has no field that the API server would drop.
func TestReportsAreAsTheirDefinitionsSay(t *testing.T) {
	for _, api := range []*API{&OpenReports, &PolicyReports} {
		t.Run(api.Group, func(t *testing.T) {
			reports := 0
			for n := range namespaces(all()) {
				for _, r := range n.reports(api, nil) {
					r.stamp(func(string) time.Time { return day })
					resource := api.Resource
					if n.name == "" {
						resource = api.ClusterResource
					}
					props, structural := definition(t, api, resource)
					object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(r)
					require.NoError(t, err)
					validator, _, err := validation.NewSchemaValidator(props)
					require.NoError(t, err)
					assert.Empty(t, validation.ValidateCustomResource(nil, object, validator))
					dropped := pruning.PruneWithOptions(object, structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
					assert.Empty(t, dropped)
					reports++
				}
			}
			assert.Equal(t, 2, reports, "one of a namespace, and one of what is in none")
		})
	}
}
