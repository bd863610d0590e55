package webhook

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/validators"
)

// A right that is missing here could not be mended while no replica answers; one
// that is too many would be a name for everybody's.
func TestOwnRightsAreThoseOfTheManifests(t *testing.T) {
	files, err := filepath.Glob("../deploy/base/rbac*.yaml")
	require.NoError(t, err)
	var found []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
		for {
			var object metav1.PartialObjectMetadata
			err := decoder.Decode(&object)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			if object.Namespace == "" {
				found = append(found, strings.ToLower(object.Kind)+"s/"+object.Name)
			}
		}
	}
	assert.ElementsMatch(t, found, ownRights)
}

func TestOwnRightsFailOpenWhereRightsAreSent(t *testing.T) {
	deny := func(group, resource string) guardrail.Watched {
		return guardrail.Watched{Denies: true, Resource: validators.Resource{
			GroupVersionResource: schema.GroupVersionResource{Group: group, Version: "v1", Resource: resource},
			Operations:           []admissionv1.Operation{admissionv1.Update},
		}}
	}
	const rbac = "rbac.authorization.k8s.io"
	for name, test := range map[string]struct {
		watched guardrail.Watched
		apart   bool
	}{
		"ClusterRoleBindings":              {deny(rbac, "clusterrolebindings"), true},
		"ClusterRoles":                     {deny(rbac, "clusterroles"), true},
		"all of their group":               {deny(rbac, "*"), true},
		"everything":                       {deny("*", "*/*"), true},
		"Roles, which are in a Namespace":  {deny(rbac, "roles"), false},
		"others":                           {deny("apps", "*"), false},
		"others that are called like them": {deny("example.com", "clusterroles"), false},
	} {
		t.Run(name, func(t *testing.T) {
			webhooks := map[string]admissionregistrationv1.ValidatingWebhook{}
			for _, w := range ValidatingConfiguration(nil, []guardrail.Watched{test.watched}).Webhooks {
				webhooks[w.Name] = w
			}
			conditions := func(webhook string) (names []string) {
				for _, c := range webhooks[webhook].MatchConditions {
					names = append(names, c.Name)
				}
				return names
			}
			if !test.apart {
				assert.NotContains(t, webhooks, "rights.taffrail.dev")
				assert.NotContains(t, conditions("validate.taffrail.dev"), "not-own-rights")
				return
			}
			assert.Equal(t, admissionregistrationv1.Ignore, *webhooks["rights.taffrail.dev"].FailurePolicy)
			assert.Equal(t, webhooks["validate.taffrail.dev"].Rules, webhooks["rights.taffrail.dev"].Rules)
			assert.Contains(t, conditions("rights.taffrail.dev"), "own-rights")
			assert.Contains(t, conditions("validate.taffrail.dev"), "not-own-rights")
		})
	}
}
