//go:build e2e && !kind

package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	conformance "k8s.io/pod-security-admission/test"
)

const obeyNamespaces = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: pod-security}
spec:
  validators:
  - name: pod-security
    params: {level: namespace}
`

// namespaceRule is for what the level namespace looks at besides what the default guardrail does.
var namespaceRule = admissionregistrationv1.RuleWithOperations{
	Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
	Rule: admissionregistrationv1.Rule{
		APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"namespaces"},
	},
}

// Taffrail stands in for Kubernetes' own Pod Security admission, on an API server without it.
func TestTaffrailStandsInForPodSecurity(t *testing.T) {
	parallel(t)
	original := cluster(t)
	flags := withoutPlugin("PodSecurity")
	if original.before(33) { // which drops procMount otherwise, and the conformance tests are about it
		flags["feature-gates"] = []string{"ProcMountType=true,UserNamespacesSupport=true"}
	}
	useControlPlane(t, flags)
	server := startTaffrail(t, options{guardrails: obeyNamespaces, standalone: true, flags: []string{"--kubeconfig", asServiceAccount(t, "rbac.yaml")}})
	installWebhooks(t, server, namespaceRule)

	t.Run("conformance", func(t *testing.T) {
		config := rest.CopyConfig(cluster(t).config)
		config.QPS = -1 // thousands of requests, one after the other
		conformance.Run(t, conformance.Options{ClientConfig: config})
	})
	t.Run("as people see it", func(t *testing.T) { compareWithOriginal(t, original) })
}

// asServiceAccount is a kubeconfig of the ServiceAccount of deploy/base, which
// may do what the files of rights there say, and no more.
func asServiceAccount(t *testing.T, rights ...string) string {
	t.Helper()
	for _, file := range append([]string{"namespace.yaml", "serviceaccount.yaml"}, rights...) {
		cluster(t).kubectl(t, "", "apply", "-f", "../deploy/base/"+file).mustSucceed(t)
	}
	token := cluster(t).kubectl(t, "", "create", "token", "-n", "taffrail-system", "taffrail").mustSucceed(t).stdout
	config, err := clientcmd.LoadFromFile(cluster(t).kubeconfig)
	require.NoError(t, err)
	for name := range config.AuthInfos {
		config.AuthInfos[name] = &api.AuthInfo{Token: strings.TrimSpace(token)}
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, clientcmd.WriteToFile(*config, file))
	return file
}

// compareWithOriginal gives the same commands to the two clusters, which must say the same.
func compareWithOriginal(t *testing.T, original *controlPlane) {
	namespace := "pod-security-" + rand.String(8)
	same := func(stdin string, args ...string) result {
		t.Helper()
		theirs, ours := original.kubectl(t, stdin, args...), cluster(t).kubectl(t, stdin, args...)
		assert.Equal(t, theirs.exitCode, ours.exitCode, "%s\n%s", theirs, ours)
		if theirs.exitCode == 0 {
			assert.Equal(t, warningLines(theirs), warningLines(ours), "%s\n%s", theirs, ours)
			return ours
		}
		// Ours is longer: it names the webhook, the guardrail and the check, and tells
		// of what would be warned of, too.
		_, refusal, _ := strings.Cut(strings.Replace(theirs.stderr, " is invalid: ", " is forbidden: ", 1), " is forbidden: ")
		require.NotEmpty(t, refusal, "%s", theirs)
		assert.Contains(t, ours.stderr, refusal)
		return ours
	}
	run := func(pod string, flags ...string) result {
		t.Helper()
		return same("", append([]string{"run", pod, "-n", namespace, "--image=nginx"}, flags...)...)
	}
	label := func(labels ...string) result {
		t.Helper()
		return same("", append([]string{"label", "--overwrite", "namespace", namespace}, labels...)...)
	}
	const (
		enforce = "pod-security.kubernetes.io/enforce="
		version = "pod-security.kubernetes.io/enforce-version="
		warn    = "pod-security.kubernetes.io/warn="
	)

	same("", "create", "namespace", namespace)
	run("web").mustSucceed(t)
	run("api").mustSucceed(t)
	run("node", "--privileged").mustSucceed(t)

	label(enforce+"restricted", "--dry-run=server").mustSucceed(t)
	label(enforce+"restricted").mustSucceed(t, "existing pods in namespace", "api (and 1 other pod)", "node: privileged")
	label(version + "v1.20").mustSucceed(t)
	label(enforce + "baseline").mustSucceed(t)
	label(version + "latest").mustSucceed(t)
	label("team=shop").mustSucceed(t)
	label(enforce + "basline").mustFail(t)
	label(warn + "yes").mustFail(t)
	label(version + "1.30").mustFail(t)
	same("{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {pod-security.kubernetes.io/audit: none}}}",
		"create", "-f", "-").mustFail(t)

	run("host", "--privileged").mustFail(t, `violates PodSecurity "baseline:latest": privileged`)
	run("warned", "--dry-run=server").mustSucceed(t)
	label(warn + "restricted").mustSucceed(t)
	for _, c := range []*controlPlane{original, cluster(t)} { // who evaluates sees the label a moment later
		require.Eventually(t, func() bool {
			return strings.Contains(c.kubectl(t, "", "run", "seen", "-n", namespace, "--image=nginx", "--dry-run=server").stderr, "would violate")
		}, soon, interval)
	}
	run("warned", "--dry-run=server").mustSucceed(t, `would violate PodSecurity "restricted:latest"`)
	same(fixture(t, "deployment-bad.yaml"), "create", "-n", namespace, "-f", "-").mustSucceed(t, "Warning")

	// What was there before may be labelled, and not get worse.
	same("", "label", "-n", namespace, "pod/node", "team=shop").mustSucceed(t)
	debug := `{"spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox", "securityContext": {"privileged": true}}]}}`
	same("", "patch", "-n", namespace, "pod/web", "--subresource=ephemeralcontainers", "-p", debug).mustFail(t)
	// Here alone the two differ: a rule that comes later is no lock-out.
	cluster(t).kubectl(t, "", "set", "image", "-n", namespace, "pod/node", "node=nginx:1").mustSucceed(t,
		`violates PodSecurity "baseline:latest": privileged`, "it was so before, so it passes")
}

// warningLines are the warnings, without the name of the check.
func warningLines(r result) []string {
	var lines []string
	for line := range strings.Lines(r.stderr) {
		if strings.HasPrefix(line, "Warning: ") {
			lines = append(lines, strings.Replace(strings.TrimSpace(line), "pod-security: ", "", 1))
		}
	}
	return lines
}
