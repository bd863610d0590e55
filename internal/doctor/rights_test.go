package doctor

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// What doctor asks for is what deploy/base gives, to the last verb.
func TestRightsAreThoseOfTheManifests(t *testing.T) {
	files, err := filepath.Glob("../../deploy/base/rbac*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var given []right
	for _, file := range files {
		for _, role := range roles(t, file) {
			// For people; nobody has it until it is bound.
			if role.Name == "taffrail-exemption-editor" || role.Kind != "ClusterRole" && role.Kind != "Role" {
				continue
			}
			for _, rule := range role.Rules {
				given = append(given, spread(role, rule)...)
			}
		}
	}
	assert.ElementsMatch(t, given, rights)
}

func roles(t *testing.T, file string) (all []rbacv1.ClusterRole) {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		var role rbacv1.ClusterRole // a Role has the same fields
		err := decoder.Decode(&role)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, role)
	}
}

func spread(role rbacv1.ClusterRole, rule rbacv1.PolicyRule) (all []right) {
	names := rule.ResourceNames
	if len(names) == 0 {
		names = []string{""}
	}
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			for _, name := range names {
				on := right{role: role.Name, group: group, resource: resource, name: name, namespace: role.Namespace}
				all = append(all, on.each(rule.Verbs...)...)
			}
		}
	}
	return all
}
