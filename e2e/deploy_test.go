//go:build e2e && !kind

package e2e

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// always is what is there whatever is chosen.
var always = []string{
	"namespace/taffrail-system",
	"resourcequota/taffrail",
	"serviceaccount/taffrail",
	"clusterrole.rbac.authorization.k8s.io/taffrail",
	"clusterrolebinding.rbac.authorization.k8s.io/taffrail",
	"role.rbac.authorization.k8s.io/taffrail-leader",
	"rolebinding.rbac.authorization.k8s.io/taffrail-leader",
	"clusterrole.rbac.authorization.k8s.io/taffrail-webhooks",
	"clusterrolebinding.rbac.authorization.k8s.io/taffrail-webhooks",
	"deployment.apps/taffrail",
	"service/taffrail",
	"poddisruptionbudget.policy/taffrail",
	"networkpolicy.networking.k8s.io/taffrail",
}

// guardrails is what is there besides, where they are objects of the cluster.
var guardrails = []string{
	"customresourcedefinition.apiextensions.k8s.io/exemptions.taffrail.dev",
	"customresourcedefinition.apiextensions.k8s.io/guardrails.taffrail.dev",
	"clusterrole.rbac.authorization.k8s.io/taffrail-exemption-editor",
	"clusterrole.rbac.authorization.k8s.io/taffrail-guardrails",
	"clusterrolebinding.rbac.authorization.k8s.io/taffrail-guardrails",
	"configmap/taffrail-first-guardrails",
}

// authorityObjects are there besides, where the leader keeps one.
var authorityObjects = []string{
	"role.rbac.authorization.k8s.io/taffrail-authority",
	"rolebinding.rbac.authorization.k8s.io/taffrail-authority",
}

// auditObjects are those of the audit.
var auditObjects = []string{
	"serviceaccount/taffrail-audit",
	"clusterrole.rbac.authorization.k8s.io/taffrail-audit",
	"clusterrolebinding.rbac.authorization.k8s.io/taffrail-audit",
	"role.rbac.authorization.k8s.io/taffrail-audit",
	"rolebinding.rbac.authorization.k8s.io/taffrail-audit",
	"clusterrole.rbac.authorization.k8s.io/taffrail-audit-reports",
	"clusterrolebinding.rbac.authorization.k8s.io/taffrail-audit-reports",
	"clusterrole.rbac.authorization.k8s.io/taffrail-audit-viewer",
	"deployment.apps/taffrail-audit",
	"service/taffrail-audit",
	"networkpolicy.networking.k8s.io/taffrail-audit",
}

// configurations is what is there besides, where the leader does not make them.
var configurations = []string{
	"mutatingwebhookconfiguration.admissionregistration.k8s.io/taffrail",
	"validatingwebhookconfiguration.admissionregistration.k8s.io/taffrail",
}

func TestTheOverlaysAreWhatAnAPIServerTakes(t *testing.T) {
	parallel(t)
	// A dry run makes no Namespace and no definition that the other objects could go by.
	cluster(t).kubectl(t, "", "apply", "-f", "../deploy/base/namespace.yaml").mustSucceed(t)
	cluster(t).kubectl(t, "", "apply", "-k", "../deploy/crds").mustSucceed(t)
	cluster(t).kubectl(t, fixture(t, "definitions-of-others.yaml"), "apply", "-f", "-").mustSucceed(t)
	cluster(t).kubectl(t, "", "wait", "crd", "--all", "--for=condition=established").mustSucceed(t)

	overlays := map[string][]string{
		"managed":           slices.Concat(always, guardrails, authorityObjects),
		"high-availability": slices.Concat(always, guardrails, authorityObjects),
		"files":             slices.Concat(always, guardrails),
		"cert-manager": slices.Concat(always, guardrails, []string{
			"issuer.cert-manager.io/taffrail-bootstrap", "issuer.cert-manager.io/taffrail",
			"certificate.cert-manager.io/taffrail-ca", "certificate.cert-manager.io/taffrail-serving-cert",
		}),
		"monitoring": slices.Concat(always, guardrails, authorityObjects, []string{
			"podmonitor.monitoring.coreos.com/taffrail", "prometheusrule.monitoring.coreos.com/taffrail", "configmap/taffrail-dashboard",
		}),
		"audit": slices.Concat(always, guardrails, authorityObjects, auditObjects),
		"kits": slices.Concat(always, guardrails, authorityObjects, []string{
			"customresourcedefinition.apiextensions.k8s.io/namespacekits.taffrail.dev",
			"clusterrole.rbac.authorization.k8s.io/taffrail-kits", "clusterrolebinding.rbac.authorization.k8s.io/taffrail-kits",
		}),
		"without-crds": slices.Concat(always, authorityObjects, configurations, []string{"configmap/taffrail-guardrails"}),
	}
	for overlay, want := range overlays {
		t.Run(overlay, func(t *testing.T) {
			assert.ElementsMatch(t, want, applied(t, cluster(t).kubectl(t, "", "apply", "--dry-run=server", "-k", "../deploy/overlays/"+overlay)))
		})
	}
	folders, err := os.ReadDir("../deploy/overlays")
	require.NoError(t, err)
	assert.Len(t, folders, len(overlays), "each overlay is tried")
}

// applied are the objects that kubectl says it has applied, without a warning.
func applied(t *testing.T, r result) []string {
	t.Helper()
	r.mustSucceed(t)
	assert.Empty(t, r.stderr, "no warning")
	var objects []string
	for line := range strings.Lines(r.stdout) {
		object, _, _ := strings.Cut(line, " ")
		objects = append(objects, object)
	}
	return objects
}

// The API server evaluates Pods by the label of the namespace, Deployments not.
func TestOurOwnPodIsRestricted(t *testing.T) {
	parallel(t)
	cluster(t).kubectl(t, "", "apply", "-f", "../deploy/base/namespace.yaml").mustSucceed(t)
	for _, part := range []string{"base", "components/audit"} {
		t.Run(part, func(t *testing.T) { isRestricted(t, "../deploy/"+part) })
	}
}

func isRestricted(t *testing.T, folder string) {
	t.Helper()
	cluster(t).kubectl(t, "", "apply", "-f", folder+"/serviceaccount.yaml").mustSucceed(t)
	content, err := os.ReadFile(folder + "/deployment.yaml")
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
		return cluster(t).kubectl(t, toYAML(t, pod), "create", "--dry-run=server", "-f", "-")
	}
	create().mustSucceed(t)
	pod.Spec.SecurityContext.RunAsNonRoot = nil
	create().mustFail(t, "violates PodSecurity", "runAsNonRoot")
}

func TestGuardrailsAreCheckedByTheirDefinition(t *testing.T) {
	parallel(t)
	definitions := []string{"guardrails.taffrail.dev", "exemptions.taffrail.dev"}
	cluster(t).kubectl(t, "", "apply", "-k", "../deploy/crds").mustSucceed(t)
	cluster(t).kubectl(t, "", append([]string{"wait", "crd", "--for=condition=established"}, definitions...)...).mustSucceed(t)

	apply := func(manifest string) result {
		return cluster(t).kubectl(t, manifest, "apply", "--dry-run=server", "-f", "-")
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
