package uninstall

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/deploy"
)

// Whatever form of installation: what its manifests hold is known by name.
func TestEveryObjectOfTheManifestsIsDeleted(t *testing.T) {
	known := map[string]bool{}
	for _, o := range slices.Concat(rights, madeByLeader, inNamespace, definitions, clusterWide, []object{namespace}) {
		known[o.String()] = true
	}
	files := 0
	require.NoError(t, fs.WalkDir(deploy.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if entry.IsDir() || filepath.Ext(path) != ".yaml" || filepath.Base(path) == "kustomization.yaml" {
			return nil
		}
		content, err := deploy.Files.ReadFile(path)
		require.NoError(t, err)
		for document := range strings.SplitSeq(string(content), "\n---\n") {
			u := &unstructured.Unstructured{}
			require.NoError(t, yaml.Unmarshal([]byte(document), &u.Object), path)
			if strings.HasSuffix(u.GetAPIVersion(), ".dev/v1alpha1") {
				continue // a Guardrail goes with its definition
			}
			o := object{kind: u.GetKind(), namespace: u.GetNamespace(), name: u.GetName()}
			assert.True(t, known[o.String()], "%s of %s stays", o, path)
			files++
		}
		return nil
	}))
	assert.Greater(t, files, 20)
}
