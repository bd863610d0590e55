package validators

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/workload"
)

// kindParameters are parameters of the checks that are told which kinds to look at, by which they
// find fault with every object that they look at.
var kindParameters = map[string]string{
	"denied-annotations":   `{"keys": ["*"], "kinds": [%q]}`,
	"denied-labels":        `{"keys": ["*"], "kinds": [%q]}`,
	"name-pattern":         `{"pattern": "no-such-name", "kinds": [%q]}`,
	"required-annotations": `{"annotations": [{"key": "no.such/key"}], "kinds": [%q]}`,
	"required-labels":      `{"labels": [{"key": "no.such/key"}], "kinds": [%q]}`,
}

// What a check does not look at for its parameters is what it would find nothing in.
func TestANarrowCheckFindsTheSame(t *testing.T) {
	var reviews []*workload.Review
	files, err := filepath.Glob("testdata/*/*.yaml")
	require.NoError(t, err)
	for _, file := range files {
		f := readFixture(t, file)
		if f.operation == "CONNECT" || f.object == nil {
			continue
		}
		reviews = append(reviews, f.review(t, f.object))
	}
	for _, name := range slices.Sorted(maps.Keys(kindParameters)) {
		v := named(t, name)
		left, sent := 0, 0
		for _, kind := range kindsOf(v.Resources) {
			parameters := fmt.Sprintf(kindParameters[name], kind)
			validate, err := v.New(decoder(parameters))
			require.NoError(t, err)
			narrow, err := v.Narrow(decoder(parameters))
			require.NoError(t, err)
			assert.NotEmpty(t, narrow, "%s of a %s", name, kind)
			for _, r := range reviews {
				switch {
				case !matches(v.Resources, r):
				case matches(narrow, r):
					sent++
				default:
					left++
					assert.Empty(t, validate(r), "%s of a %s, in a %s", name, kind, r.Kind.Kind)
				}
			}
		}
		assert.Greater(t, left, sent, name)
	}
}

func matches(resources []Resource, r *workload.Review) bool {
	return slices.ContainsFunc(resources, func(resource Resource) bool { return resource.Matches(r) })
}

// A Binding writes the metadata of a Pod, and a CronJob holds that of its Jobs.
func TestNarrowKindsAreWhereTheirMetadataIs(t *testing.T) {
	narrow := func(kind string) (names []string) {
		resources, err := named(t, "required-labels").Narrow(decoder(fmt.Sprintf(kindParameters["required-labels"], kind)))
		require.NoError(t, err)
		for _, r := range resources {
			if r.Group == "" || r.Group == "batch" {
				names = append(names, r.Resource)
			}
		}
		slices.Sort(names)
		return names
	}
	assert.Equal(t, []string{"namespaces"}, narrow("Namespace"))
	assert.Equal(t, []string{"cronjobs", "jobs"}, narrow("Job"))
	assert.Equal(t, []string{"bindings", "cronjobs", "jobs", "pods", "pods/binding", "podtemplates", "replicationcontrollers"}, narrow("Pod"))
}
