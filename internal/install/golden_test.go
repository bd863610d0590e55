package install

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing them")

// What is printed, but for the definitions, which are in deploy/crds.
func TestObjectsGolden(t *testing.T) {
	for name, choices := range map[string]Choices{
		"managed":             {},
		"files":               {TLS: Files},
		"cert-manager-static": {TLS: CertManager, Static: true},
		"autoscaling":         {HighAvailability: true, Autoscaling: true},
		"namespaces":          {ExcludeNamespaces: []string{"calico-system"}, BreakGlassGroup: "oncall"},
		"senders":             {ClientCA: true, ClientName: "kube-apiserver", APIServerAddresses: []string{"192.0.2.10/32", "2001:db8::/64"}},
		"audit":               {Audit: true, HighAvailability: true, ExcludeNamespaces: []string{"calico-system"}},
		"tracing":             {TracingEndpoint: "https://collector.example.com"},
		"kits":                {Kits: readyMadeKits(t)},
		"guardrails":          {Guardrails: guardrails("image-latest-tag")},
	} {
		t.Run(name, func(t *testing.T) {
			choices.Image = image
			objects, err := Objects(choices)
			require.NoError(t, err)
			var got bytes.Buffer
			require.NoError(t, Write(&got, slices.DeleteFunc(objects, isDefinition)))

			file := filepath.Join("testdata", name+".yaml")
			if *update {
				require.NoError(t, os.WriteFile(file, got.Bytes(), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), got.String(), "stale: run `make generate`")
		})
	}
}

func isDefinition(o *unstructured.Unstructured) bool {
	return o.GetKind() == "CustomResourceDefinition"
}
