package migrate

import (
	"fmt"
	"maps"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/migrate/policy"
)

// many are copies of the fixtures' policies under names of their own, until there are that many.
func many(t testing.TB, n int) *policy.Inputs {
	t.Helper()
	out := &policy.Inputs{}
	policies := 0
	for copies := 0; policies < n; copies++ {
		for _, name := range []string{"gatekeeper", "kyverno", "vap", "psp"} {
			in, wrong := Read(nil, filepath.Join("testdata", name, "policies.yaml"))
			require.Empty(t, wrong)
			out.Now = in.Now
			for _, o := range in.Objects {
				if copies > 0 && (o.Kind == "ConstraintTemplate" || o.Kind == "Config" || o.Kind == "ValidatingAdmissionPolicy") {
					continue // constraints and bindings of all copies use the first
				}
				content := maps.Clone(o.Content)
				if meta, is := content["metadata"].(map[string]any); is && copies > 0 {
					meta = maps.Clone(meta)
					meta["name"] = fmt.Sprintf("%s-%d", o.Name, copies)
					content["metadata"] = meta
				}
				if o.Kind != "ConfigMap" && o.Kind != "Zones" && o.Kind != "Namespace" {
					policies++
				}
				out.Objects = append(out.Objects, policy.NewObject(o.Place, content))
			}
		}
	}
	return out
}

// A thousand policies must be migrated in less than five seconds; docs/performance.md has what was measured.
func BenchmarkAThousandPolicies(b *testing.B) {
	in := many(b, 1000)
	for b.Loop() {
		if result := Run(in); result.Summary.Rules < 1000 {
			b.Fatalf("%d rules", result.Summary.Rules)
		}
	}
}
