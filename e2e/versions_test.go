//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/yaml"
)

// before tells whether the API server is older than a minor version of Kubernetes 1.
func (c *controlPlane) before(minor uint) bool {
	return version.MustParseGeneric(c.version).LessThan(version.MajorMinor(1, minor))
}

// ofVersion is a file of what the API server's version does otherwise than the one of
// e2e/controlplane.
func (c *controlPlane) ofVersion(name string) string {
	v := version.MustParseGeneric(c.version)
	return fmt.Sprintf("testdata/versions/%d.%d/%s", v.Major(), v.Minor(), name)
}

// difference is what the API server's version does otherwise with a fixture of the catalogue: it
// refuses it itself, or lets it through, and then something else may be found.
type difference struct {
	APIServer string    `json:"apiServer"`
	Want      *[]string `json:"want"`
}

// expectOfVersion has fixtures expect what the API server's own version does, as testdata/versions
// lists it.
func expectOfVersion(t *testing.T, fixtures []*checkFixture) {
	t.Helper()
	text, err := os.ReadFile(cluster(t).ofVersion("catalogue.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	require.NoError(t, err)
	differences := map[string]difference{}
	require.NoError(t, yaml.UnmarshalStrict(text, &differences))
	for _, f := range fixtures {
		d, differs := differences[f.check+"/"+f.name]
		if !differs {
			continue
		}
		f.apiServer = d.APIServer
		if d.Want != nil {
			f.want = append([]string(nil), *d.Want...)
		}
		delete(differences, f.check+"/"+f.name)
	}
	require.Empty(t, differences, "no such fixtures")
}
