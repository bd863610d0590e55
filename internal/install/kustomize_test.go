//go:build deploy

package install

import (
	"bytes"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func TestAnOverlayIsTheChoiceOfItsName(t *testing.T) {
	for overlay, choices := range map[string]Choices{
		"managed":           {},
		"cert-manager":      {TLS: CertManager},
		"files":             {TLS: Files},
		"high-availability": {HighAvailability: true},
		"monitoring":        {Monitoring: true},
		"audit":             {Audit: true},
		"kits":              {Kits: readyMadeKits(t)},
	} {
		t.Run(overlay, func(t *testing.T) {
			same(t, choices, filepath.Join("..", "..", "deploy", "overlays", overlay))
		})
	}
	// There is no choice for these.
	others := []string{"without-crds"}
	folders, err := os.ReadDir("../../deploy/overlays")
	require.NoError(t, err)
	assert.Len(t, folders, 7+len(others), "each overlay is compared")
}

// Components are listed in this order: the guardrails and certificates, how many
// replicas, who watches them.
func TestComponentsAreTheChoicesOfTheirNames(t *testing.T) {
	for name, test := range map[string]struct {
		components []string
		choices    Choices
	}{
		"static":                             {[]string{"static"}, Choices{Static: true}},
		"static with cert-manager":           {[]string{"static", "cert-manager"}, Choices{Static: true, TLS: CertManager}},
		"static with files":                  {[]string{"static", "files"}, Choices{Static: true, TLS: Files}},
		"client-ca":                          {[]string{"client-ca"}, Choices{ClientCA: true}},
		"client-ca with files":               {[]string{"files", "client-ca"}, Choices{ClientCA: true, TLS: Files}},
		"autoscaling":                        {[]string{"autoscaling"}, Choices{Autoscaling: true}},
		"autoscaling, and high availability": {[]string{"high-availability", "autoscaling"}, Choices{HighAvailability: true, Autoscaling: true}},
		"kits":                               {[]string{"kits"}, Choices{Kits: readyMadeKits(t)}},
		"audit, and high availability":       {[]string{"high-availability", "audit", "audit/high-availability"}, Choices{HighAvailability: true, Audit: true}},
		"all of them": {
			[]string{"static", "cert-manager", "client-ca", "high-availability", "autoscaling", "monitoring", "audit", "audit/high-availability"},
			Choices{Static: true, TLS: CertManager, ClientCA: true, HighAvailability: true, Autoscaling: true, Monitoring: true, Audit: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			same(t, test.choices, folderOf(t, test.components...))
		})
	}
}

// The component takes no values: a patch adds them, as docs/install.md says.
func TestAddressesOfTheAPIServer(t *testing.T) {
	folder := folderOf(t, "api-server-addresses")
	file := filepath.Join(folder, "kustomization.yaml")
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	docs, err := os.ReadFile("../../docs/install.md")
	require.NoError(t, err)
	patch := patchOf(t, string(docs), "NetworkPolicy")
	require.NoError(t, os.WriteFile(file, append(content, patch...), 0o644))
	same(t, Choices{APIServerAddresses: []string{"192.0.2.10/32"}}, folder)
}

// The component lets traces out: a patch names the collector, as docs/operations.md says.
func TestTracesOfAnOverlay(t *testing.T) {
	folder := folderOf(t, "tracing")
	file := filepath.Join(folder, "kustomization.yaml")
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	docs, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(content, patchOf(t, string(docs), "Deployment")...), 0o644))
	same(t, Choices{TracingEndpoint: "http://collector.observability.svc:4318"}, folder)
}

// patchOf is the YAML in a document that begins with a patch of a kind.
func patchOf(t *testing.T, document, kind string) string {
	t.Helper()
	begin := "patches:\n- target: {kind: " + kind
	_, rest, found := strings.Cut(document, begin)
	require.True(t, found)
	patch, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	return begin + patch
}

// folderOf is a folder with a kustomization of the base and some components.
func folderOf(t *testing.T, components ...string) string {
	t.Helper()
	folder, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	deploy, err := filepath.Abs("../../deploy")
	require.NoError(t, err)
	deploy, err = filepath.Rel(folder, deploy) // kustomize takes no other
	require.NoError(t, err)
	list := map[string][]string{"resources": {filepath.Join(deploy, "base")}}
	for _, component := range components {
		list["components"] = append(list["components"], filepath.Join(deploy, "components", component))
	}
	content, err := yaml.Marshal(list)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "kustomization.yaml"), content, 0o644))
	return folder
}

// same compares the objects of choices with those that kustomize makes of a folder.
func same(t *testing.T, choices Choices, folder string) {
	t.Helper()
	choices.Image = image
	ours, err := Objects(choices)
	require.NoError(t, err)
	equal(t, kustomized(t, folder), ours)
}

// kustomized are the objects that kustomize makes of a folder.
func kustomized(t *testing.T, folder string) []*unstructured.Unstructured {
	t.Helper()
	var stderr bytes.Buffer
	kustomize := exec.Command("go", "tool", "-modfile=../../hack/tools/deploy/go.mod", "kustomize", "build", folder)
	kustomize.Stderr = &stderr
	output, err := kustomize.Output()
	require.NoError(t, err, stderr.String())
	assert.Empty(t, stderr.String(), "no warning")
	objects, err := decode(output)
	require.NoError(t, err)
	return objects
}

// equal compares objects, whatever their order.
func equal(t *testing.T, want, got []*unstructured.Unstructured) {
	t.Helper()
	require.Equal(t, identities(want), identities(got))
	for i := range want {
		assert.Equal(t, toYAML(t, want[i]), toYAML(t, got[i]))
	}
}

// identities sorts objects and tells what they are.
func identities(objects []*unstructured.Unstructured) []string {
	name := func(o *unstructured.Unstructured) string {
		return o.GroupVersionKind().String() + " " + o.GetNamespace() + "/" + o.GetName()
	}
	slices.SortFunc(objects, func(a, b *unstructured.Unstructured) int { return cmp.Compare(name(a), name(b)) })
	var all []string
	for _, o := range objects {
		all = append(all, name(o))
	}
	return all
}

func toYAML(t *testing.T, object *unstructured.Unstructured) string {
	t.Helper()
	content, err := yaml.Marshal(object.Object)
	require.NoError(t, err)
	return string(content)
}
