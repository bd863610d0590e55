package guardrail

import (
	"bytes"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/validators"
)

// forFacts are what the checks over all objects together look at besides.
var forFacts = []string{
	"limitranges", "resourcequotas", "serviceaccounts", "podmonitors.monitoring.coreos.com", "servicemonitors.monitoring.coreos.com",
}

// notListed are what checks look at and the audit does not list: what is nowhere kept, and what is
// read only where somebody grants it.
var notListed = []string{"bindings", "configmaps", "secrets"}

// A right that is missing leaves a kind out of the audit, and one too many is somebody's to misuse.
func TestTheAuditMayListWhatTheCatalogueLooksAt(t *testing.T) {
	want := map[string]bool{"guardrails.taffrail.dev": true, "exemptions.taffrail.dev": true}
	for _, resource := range forFacts {
		want[resource] = true
	}
	for _, validator := range validators.All() {
		if validator.Name == "deprecated-api" {
			continue // in a cluster an object is in every version at once
		}
		for _, r := range validator.Resources {
			resource := r.Resource
			if r.Group != "" {
				resource += "." + r.Group
			}
			if !strings.Contains(r.Resource, "/") && !slices.Contains(notListed, resource) {
				want[resource] = true
			}
		}
	}

	content, err := os.ReadFile("../deploy/components/audit/rbac.yaml")
	require.NoError(t, err)
	first, _, _ := bytes.Cut(content, []byte("\n---\n"))
	var role rbacv1.ClusterRole
	require.NoError(t, yaml.UnmarshalStrict(first, &role))
	got := map[string]bool{}
	for _, rule := range role.Rules {
		if slices.Equal(rule.Verbs, []string{"create"}) {
			continue // of reviews, which are kept nowhere
		}
		assert.Equal(t, []string{"list", "watch"}, rule.Verbs, "%v", rule.Resources)
		for _, resource := range rule.Resources {
			if group := rule.APIGroups[0]; group != "" {
				resource += "." + group
			}
			assert.NotContains(t, resource, "*")
			got[resource] = true
		}
	}
	assert.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
}
