package audit

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/workload"
)

// taken are the objects of a cluster that sets look at.
func taken(t *testing.T, s *apiServer, guardrails ...string) (names, notes []string) {
	t.Helper()
	inventory, err := Take(context.Background(), clusterOf(t, s))
	require.NoError(t, err)
	var sets []*guardrail.Set
	for _, text := range guardrails {
		objects, err := guardrail.Parse("guardrails.yaml", []byte(text))
		require.NoError(t, err)
		set, err := guardrail.Compile(objects, guardrail.Options{Cluster: workload.Cluster{Namespace: inventory.Namespace}})
		require.NoError(t, err)
		sets = append(sets, set)
	}
	notes, err = inventory.Each(context.Background(), func(r *workload.Review) { names = append(names, r.Kind.Kind+"/"+r.Name) }, sets...)
	require.NoError(t, err)
	return names, notes
}

// Each object comes once, whichever of the sets look at it.
func TestAnInventoryHasWhatOneOfTheSetsLooksAt(t *testing.T) {
	bare := "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: bare}\nspec: {validators: [{name: bare-pod}]}\n"
	pods, notes := taken(t, shop(), bare)
	assert.Empty(t, notes)
	require.NotEmpty(t, pods)
	for _, name := range pods {
		assert.Contains(t, name, "Pod/", "the check looks at nothing else")
	}
	both, _ := taken(t, shop(), bare, latest)
	assert.Subset(t, both, pods)
	assert.Contains(t, both, "Deployment/web")
	seen := map[string]bool{}
	for _, name := range both {
		assert.False(t, seen[name], name)
		seen[name] = true
	}
}

func TestAnInventorySaysWhatMayNotBeListed(t *testing.T) {
	s := shop()
	s.forbidden = map[string]bool{"/apis/apps/v1/deployments": true}
	names, notes := taken(t, s, latest)
	assert.NotEmpty(t, names, "the rest is complete")
	assert.Equal(t, []string{"could not list deployments.apps: deployments.apps is forbidden; the rest is complete"}, notes)
}
