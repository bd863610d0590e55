//go:build e2e && !kind

package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever mends an installation changes its rights, and may have to before a server answers again.
func TestOwnRightsCanBeMendedWhileNoServerAnswers(t *testing.T) {
	parallel(t)
	var manifests []string
	for _, file := range append([]string{"namespace.yaml", "rbac-exemption-editor.yaml"}, rights...) {
		content, err := os.ReadFile("../deploy/base/" + file)
		require.NoError(t, err)
		manifests = append(manifests, string(content))
	}
	install := strings.Join(manifests, "\n---\n")
	anonymous := func(name string) string {
		return `{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {` + name + `},
			roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view},
			subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: "system:anonymous"}]}`
	}
	create := func(name string) result {
		return cluster(t).kubectl(t, anonymous(name), "create", "--dry-run=server", "-f", "-")
	}
	server := startTaffrail(t, options{})
	installWebhooks(t, server)

	// While a server answers, a name of ours is no way around.
	create("name: taffrail").mustFail(t, `"vital.taffrail.dev" denied the request`, "rbac-anonymous-subjects")
	create("name: taffrail-system").mustFail(t, `"validate.taffrail.dev" denied the request`, "rbac-anonymous-subjects")
	create("generateName: taffrail-").mustFail(t, `"validate.taffrail.dev" denied the request`, "rbac-anonymous-subjects")
	apply(t, install)

	server.kill(t)
	apply(t, strings.ReplaceAll(install, "app.kubernetes.io/name: taffrail\n", "app.kubernetes.io/name: taffrail\n    e2e: mended\n"))
	const unanswered = `failed calling webhook "validate.taffrail.dev"`
	create("name: taffrail-system").mustFail(t, unanswered)
	create("generateName: taffrail-").mustFail(t, unanswered)
	cluster(t).kubectl(t, "", "delete", "clusterrolebinding/taffrail-webhooks", "clusterrole/taffrail-webhooks").mustSucceed(t)
	apply(t, install)
}
