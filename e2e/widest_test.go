//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// widest is a rule for everything, which no replica is there to evaluate.
const widest = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: widest}
spec:
  rules:
  - name: everything
    resources: [{apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"], operations: ["*"]}]
    expression: "true"
    message: must be anything
`

// wholeCatalogue is a Guardrail for each check, with parameters that it takes.
func wholeCatalogue(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	last := ""
	for _, f := range readCheckFixtures(t) {
		if f.check != last && f.operation == "CREATE" {
			last = f.check
			all.WriteString("---\n" + f.guardrail(t))
		}
	}
	return all.String()
}
