//go:build e2e && !kind

package e2e

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
)

// auditAgrees creates what the fixtures of the catalogue create, as one whom the webhook leaves out,
// and holds the audit of it to what the fixtures want found.
func auditAgrees(t *testing.T, mapper meta.RESTMapper, fixtures []*checkFixture, guardrails string) {
	t.Helper()
	type subject struct{ guardrail, kind, namespace, name string }
	created := map[subject]*checkFixture{}
	for _, f := range fixtures {
		// Of a Binding nothing is stored.
		if f.operation != "CREATE" || f.subresource != "" || f.apiServer != "" || f.params["level"] == "namespace" || f.object.GetKind() == "Binding" {
			continue
		}
		if marked(f.object) && f.object.GetKind() != "CustomResourceDefinition" {
			if f.check == "name-pattern" || f.check == "endpoints-edit" {
				continue // the name counts, and is taken
			}
			f.object.SetName(f.own(f.object.GetName())) // others may be called the same
		}
		made := createUnevaluated(t, mapper, f.object)
		created[subject{f.own("fixture"), made.GetKind(), made.GetNamespace(), made.GetName()}] = f
	}
	a, r := auditOf(t, "--guardrails", guardrails, "--fail-on", "never")
	assert.Empty(t, a.Notes, "%s", r.stderr)
	found := map[subject][]string{}
	for _, r := range a.Results {
		s := subject{r.Guardrail, r.Kind, r.Namespace, r.Name}
		found[s] = append(found[s], r.Path+": "+r.Message)
	}
	for s, f := range created {
		slices.Sort(found[s])
		assert.Equal(t, f.want, found[s], "%s/%s", f.check, f.name)
	}
	t.Logf("%d fixtures audited", len(created))
	content, err := os.ReadFile(guardrails)
	require.NoError(t, err)
	live, _ := serveAudit(t, string(content)).report(t)
	assert.Equal(t, a, live, "what follows the cluster says the same")
}
