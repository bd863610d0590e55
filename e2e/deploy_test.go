//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func TestTheKustomizeBaseIsWhatAnAPIServerTakes(t *testing.T) {
	// A dry run makes no Namespace that the other objects could be in.
	cluster.kubectl(t, "", "apply", "-f", "../deploy/base/namespace.yaml").mustSucceed(t)
	r := cluster.kubectl(t, "", "apply", "-k", "../deploy/base", "--dry-run=server").mustSucceed(t)
	assert.Empty(t, r.stderr, "no warning")
	assert.ElementsMatch(t, []string{
		"namespace/taffrail-system unchanged (server dry run)",
		"resourcequota/taffrail created (server dry run)",
		"serviceaccount/taffrail created (server dry run)",
		"clusterrole.rbac.authorization.k8s.io/taffrail created (server dry run)",
		"clusterrolebinding.rbac.authorization.k8s.io/taffrail created (server dry run)",
		"configmap/taffrail-guardrails created (server dry run)",
		"deployment.apps/taffrail created (server dry run)",
		"service/taffrail created (server dry run)",
		"poddisruptionbudget.policy/taffrail created (server dry run)",
		"networkpolicy.networking.k8s.io/taffrail created (server dry run)",
		"mutatingwebhookconfiguration.admissionregistration.k8s.io/taffrail created (server dry run)",
		"validatingwebhookconfiguration.admissionregistration.k8s.io/taffrail created (server dry run)",
	}, strings.Split(strings.TrimSpace(r.stdout), "\n"))

	// The order of deploy/README.md: the server first, and then who calls it.
	r = cluster.kubectl(t, "", "apply", "-k", "../deploy/base", "--dry-run=server", "-l", "app.kubernetes.io/component!=webhooks").mustSucceed(t)
	assert.Contains(t, r.stdout, "deployment.apps/taffrail created")
	assert.NotContains(t, r.stdout, "webhookconfiguration")
}

// The API server judges Pods by the label of the namespace, Deployments not.
func TestOurOwnPodIsRestricted(t *testing.T) {
	cluster.kubectl(t, "", "apply", "-f", "../deploy/base/namespace.yaml").mustSucceed(t)
	content, err := os.ReadFile("../deploy/base/deployment.yaml")
	require.NoError(t, err)
	var deployment appsv1.Deployment
	require.NoError(t, yaml.UnmarshalStrict(content, &deployment))
	pod := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: deployment.Spec.Template.ObjectMeta,
		Spec:       deployment.Spec.Template.Spec,
	}
	pod.Name, pod.Namespace = "taffrail", deployment.Namespace
	create := func() result {
		return cluster.kubectl(t, toYAML(t, pod), "create", "--dry-run=server", "-f", "-")
	}
	create().mustSucceed(t)
	pod.Spec.SecurityContext.RunAsNonRoot = nil
	create().mustFail(t, "violates PodSecurity", "runAsNonRoot")
}

func TestGuardrailsAreCheckedByTheirDefinition(t *testing.T) {
	definitions := []string{"guardrails.taffrail.dev", "exemptions.taffrail.dev"}
	t.Cleanup(func() {
		cluster.kubectl(t, "", append([]string{"delete", "crd", "--ignore-not-found"}, definitions...)...).mustSucceed(t)
	})
	cluster.kubectl(t, "", "create", "-f", "../deploy/crds").mustSucceed(t)
	cluster.kubectl(t, "", append([]string{"wait", "crd", "--for=condition=established"}, definitions...)...).mustSucceed(t)

	apply := func(manifest string) result {
		return cluster.kubectl(t, manifest, "apply", "--dry-run=server", "-f", "-")
	}
	content, err := os.ReadFile("../guardrail/default.yaml")
	require.NoError(t, err)
	good := string(content)
	apply(good).mustSucceed(t, "guardrail.taffrail.dev/default created")
	apply(strings.Replace(good, "action: Warn", "action: Perhaps", 1)).
		mustFail(t, `Unsupported value: "Perhaps": supported values: "Deny", "Warn", "Audit"`)
	apply(strings.Replace(good, "validators:", "validator:", 1)).mustFail(t, `unknown field "spec.validator"`)

	exemption := fixture(t, "exemption.yaml")
	apply(exemption).mustSucceed(t, "exemption.taffrail.dev/node-exporter created")
	apply(strings.Replace(exemption, "reason:", "# reason:", 1)).mustFail(t, "spec.reason: Required value")
}
