//go:build e2e && !kind

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const governance = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: governance}
spec:
  validators: [{name: image-latest-tag}]
  rules:
  - name: ticket
    resources: [{apiGroups: [taffrail.dev], apiVersions: [v1alpha1], resources: [exemptions], operations: [CREATE, UPDATE]}]
    expression: "has(object.metadata.annotations) && 'ticket' in object.metadata.annotations"
    message: must name a ticket
`

func exemption(name, annotations string) string {
	return `{apiVersion: taffrail.dev/v1alpha1, kind: Exemption, metadata: {name: ` + name + `, annotations: {` + annotations + `}},
		spec: {validators: [image-latest-tag], reason: r, owner: o, expires: "` + time.Now().AddDate(0, 1, 0).Format(time.DateOnly) + `"}}`
}

// A rule on Exemptions holds, its status says when it does not, and nobody is locked out.
func TestRulesOnOwnKinds(t *testing.T) {
	parallel(t)
	namespace := cluster(t).namespace(t) // before the rule for everything, and so deleted after it has gone
	servers := serveCluster(t, 1)
	create := func(manifest string) result {
		return cluster(t).kubectl(t, manifest, "create", "-n", namespace, "-f", "-")
	}
	apply(t, governance)
	require.Eventually(t, func() bool {
		r := cluster(t).kubectl(t, exemption("e", ""), "create", "--dry-run=server", "-n", namespace, "-f", "-")
		return strings.Contains(r.stderr, `admission webhook "guardrails.taffrail.dev" denied the request`) &&
			strings.Contains(r.stderr, "- ticket: must name a ticket")
	}, soon, interval)
	create(exemption("e", "ticket: OPS-1")).mustSucceed(t)
	cluster(t).kubectl(t, "", "annotate", "exemption", "e", "-n", namespace, "ticket-").mustFail(t, "must name a ticket")
	require.Eventually(t, func() bool {
		return strings.Contains(cluster(t).kubectl(t, "", "get", "guardrail", "governance", "-o", "jsonpath={.status.conditions[0].message}").stdout,
			"in force; not enforced on taffrail.dev while no replica answers: ticket")
	}, soon, interval)

	// A Guardrail that would lock out whoever writes it.
	cluster(t).kubectl(t, strings.NewReplacer("name: governance", "name: locked", "[exemptions]", "[guardrails]",
		`"has(object.metadata.annotations) && 'ticket' in object.metadata.annotations"`, `"request.userInfo.username == 'nobody'"`).Replace(governance),
		"apply", "-f", "-").mustFail(t, "an update of this very Guardrail (ticket): it could not be mended")

	// A rule on everything: the status is told, and a Guardrail can be mended, with a replica and
	// without.
	apply(t, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: everything}
spec:
  rules:
  - name: everything
    resources: [{apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: [UPDATE, DELETE]}]
    expression: "object.metadata.labels.team == 'a'"
`)
	require.Eventually(t, func() bool {
		return cluster(t).kubectl(t, "", "get", "guardrail", "everything", "-o", "jsonpath={.status.conditions[0].status}").stdout == "True"
	}, soon, interval, "its status is written under it")
	cluster(t).kubectl(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`, "create", "-n", namespace, "-f", "-").mustSucceed(t)
	require.Eventually(t, func() bool {
		return strings.Contains(cluster(t).kubectl(t, "", "delete", "configmap", "c", "-n", namespace, "--dry-run=server").stderr, "everything: must be")
	}, soon, interval)
	cluster(t).kubectl(t, "", "delete", "guardrail", "everything", "--dry-run=server").mustSucceed(t)

	servers[0].kill(t)
	cluster(t).kubectl(t, "", "delete", "configmap", "c", "-n", namespace, "--dry-run=server").mustFail(t, "failed calling webhook")
	cluster(t).kubectl(t, "", "label", "guardrail", "everything", "a=b").mustSucceed(t)
	create(exemption("unseen", "")).mustSucceed(t)
	cluster(t).kubectl(t, "", "delete", "guardrail", "everything", "governance").mustSucceed(t)
}
