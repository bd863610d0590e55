package registration

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

// An object of ours that is missing here could not be mended while no replica
// answers; one that is too many would be a name for everybody's.
func TestVitalObjectsAreThoseOfTheManifests(t *testing.T) {
	var found, listed []string
	for _, pattern := range []string{"../../deploy/base/rbac*.yaml", "../../deploy/crds/taffrail.dev_*.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			found = append(found, clusterScoped(t, file)...)
		}
	}
	for i := range vitals {
		if v := &vitals[i]; len(v.names) > 0 {
			listed = append(listed, v.paths()...)
		}
	}
	assert.ElementsMatch(t, found, listed)
}

// clusterScoped are the objects of a file that are in no Namespace: group/resource/name.
func clusterScoped(t *testing.T, file string) (all []string) {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	for decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096); ; {
		var object metav1.PartialObjectMetadata
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		if object.Namespace == "" && object.Kind != "" {
			all = append(all, object.GroupVersionKind().Group+"/"+strings.ToLower(object.Kind)+"s/"+object.Name)
		}
	}
}

func TestVitalRowsHaveAReason(t *testing.T) {
	for _, v := range vitals {
		assert.NotEmpty(t, v.reason, "%s %v", v.group, v.resources)
	}
	for _, c := range circumstances {
		assert.NotEmpty(t, c.reason, c.name)
	}
}

// What is vital stays in the entry that fails closed where it cannot be told apart by its rules,
// and is left out there by a condition; an entry that fails open takes it.
func TestWhatIsVitalFailsOpen(t *testing.T) {
	deny := func(group, resource string, subresources ...string) guardrail.Watched {
		return guardrail.Watched{Denies: true, Resource: validators.Resource{
			GroupVersionResource: schema.GroupVersionResource{Group: group, Version: "v1", Resource: resource},
			Subresources:         subresources, Operations: []admissionv1.Operation{admissionv1.Update},
		}}
	}
	const rbac = "rbac.authorization.k8s.io"
	for name, test := range map[string]struct {
		watched      guardrail.Watched
		closed, open []string // resources of validate.taffrail.dev, and of the entry that fails open
	}{
		"everything":                           {deny("*", "*/*"), []string{"*/*"}, []string{"*/*"}},
		"all of a group":                       {deny(rbac, "*"), []string{"*"}, []string{"*"}},
		"one name in any group":                {deny("*", "leases"), []string{"leases"}, []string{"leases"}},
		"ClusterRoles, some of which are ours": {deny(rbac, "clusterroles"), []string{"clusterroles"}, []string{"clusterroles"}},
		"Roles, which are in a Namespace":      {deny(rbac, "roles"), []string{"roles"}, nil},
		"others that are called like them":     {deny("example.com", "clusterroles"), []string{"clusterroles"}, nil},
		"others":                               {deny("apps", "deployments"), []string{"deployments"}, nil},
		"others with their status":             {deny("apps", "deployments", "status"), []string{"deployments", "deployments/status"}, []string{"deployments/status"}},
		"a status alone":                       {deny("apps", "deployments/status"), []string{"deployments/status"}, []string{"deployments/status"}},
		"nodes":                                {deny("", "nodes"), nil, []string{"nodes"}},
		"the status of nodes":                  {deny("", "nodes/status"), nil, []string{"nodes/status"}},
		"a token":                              {deny("", "serviceaccounts/token"), nil, []string{"serviceaccounts/token"}},
		"all of a group that is vital":         {deny("certificates.k8s.io", "*"), nil, []string{"*"}},
		"what has an entry of its own":         {deny("taffrail.dev", "guardrails"), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			resources := map[admissionregistrationv1.FailurePolicyType][]string{}
			for _, w := range Validating(nil, []guardrail.Watched{test.watched}).Webhooks {
				if w.Name == "guardrails.taffrail.dev" {
					continue
				}
				for _, rule := range w.Rules {
					resources[*w.FailurePolicy] = append(resources[*w.FailurePolicy], rule.Resources...)
				}
				apart := *w.FailurePolicy == admissionregistrationv1.Fail && test.open != nil
				assert.Equal(t, apart, hasCondition(w, NotVital), "%s is told apart", w.Name)
			}
			assert.Equal(t, test.closed, resources[admissionregistrationv1.Fail])
			assert.Equal(t, test.open, resources[admissionregistrationv1.Ignore])
		})
	}
}

func hasCondition(w admissionregistrationv1.ValidatingWebhook, name string) bool {
	for _, c := range w.MatchConditions {
		if c.Name == name {
			return true
		}
	}
	return false
}

// A rule in CEL sees every write of a status that it names; checks need to see
// those alone that change what they read.
func TestStatusWritesAreKeptAwayUnlessARuleAsks(t *testing.T) {
	checked := guardrail.Watched{Denies: true, Resource: validators.Resource{
		GroupVersionResource: schema.GroupVersionResource{Version: "v1", Resource: "pods"},
		Subresources:         []string{"status"}, Operations: []admissionv1.Operation{admissionv1.Update},
	}}
	ruled := func(resource string) guardrail.Watched {
		w := checked
		w.Subresources, w.Resource.Resource = nil, resource
		return w
	}
	of := func(watched ...guardrail.Watched) string {
		for _, c := range Validating(nil, watched).Webhooks[0].MatchConditions {
			if c.Name == "status-changes" {
				return c.Expression
			}
		}
		return ""
	}
	assert.Contains(t, of(checked), unchanged)
	assert.NotContains(t, of(checked), "request.resource.resource in")
	assert.Contains(t, of(checked, ruled("services/status")), `!(request.resource.resource in ["services"])`)
	assert.Empty(t, of(ruled("pods/status")))
	assert.Empty(t, of(checked, ruled("*/*")))
	assert.Empty(t, of(checked, ruled("*/status")))
}
