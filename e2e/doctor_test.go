//go:build e2e && !kind

package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// diagnosis is what `taffrail doctor -o json` prints.
type diagnosis struct {
	Checks []struct {
		Check, Outcome string
		Findings       []struct{ Level, What, Where, Do string }
		NotDone        []string
	}
}

// of is the outcome of a check and everything that it says.
func (d diagnosis) of(check string) (outcome, says string) {
	for _, c := range d.Checks {
		if c.Check == check {
			for _, f := range c.Findings {
				says += f.What + " | " + f.Where + " | " + f.Do + "\n"
			}
			return c.Outcome, says + strings.Join(c.NotDone, "\n")
		}
	}
	return "", ""
}

func diagnose(t *testing.T, kubeconfig string) diagnosis {
	t.Helper()
	r := program(t, "doctor", "--kubeconfig", kubeconfig, "-o", "json")
	require.Contains(t, []int{0, 1}, r.exitCode, "%s", r)
	var d diagnosis
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &d), "%s", r)
	return d
}

// finds waits until a check says all of want.
func finds(t *testing.T, check, outcome string, want ...string) {
	t.Helper()
	var is, says string
	require.Eventually(t, func() bool {
		is, says = diagnose(t, cluster(t).kubeconfig).of(check)
		for _, text := range want {
			if !strings.Contains(says, text) {
				return false
			}
		}
		return is == outcome
	}, 2*soon, interval, "want %s %q; got %s %s", outcome, want, &is, &says)
}

func TestDoctor(t *testing.T) {
	parallel(t)
	cluster(t).kubectl(t, "", "apply", "--server-side", "-k", "../deploy/base").mustSucceed(t)
	server := startTaffrail(t, options{managesWebhooks: true})
	finds(t, "guardrails", "fail", "NOTHING IS ENFORCED")
	apply(t, noLatest)
	refusedSoon(t, cluster(t).namespace(t), "of no-latest")

	t.Run("of a cluster that nobody named", func(t *testing.T) {
		assert.Equal(t, 2, program(t, "doctor").mustFail(t, "which cluster?").exitCode)
	})
	t.Run("of one that does not answer", func(t *testing.T) {
		assert.Equal(t, 2, program(t, "doctor", "--kubeconfig", unreachableCluster(t)).mustFail(t, "ask the API server https://127.0.0.1:1").exitCode)
	})
	t.Run("of a healthy installation", func(t *testing.T) {
		var r result
		require.Eventually(t, func() bool {
			r = program(t, "doctor", "--kubeconfig", cluster(t).kubeconfig)
			return r.exitCode == 0
		}, soon, interval, "%s", &r)
		r.mustSay(t, "note  senders", "it takes reviews from anybody who reaches it", "17 checks, 1 note, 16 ok")
	})
	t.Run("of one with rights to read alone", func(t *testing.T) {
		r := program(t, "doctor", "--kubeconfig", asUser(t, "system:serviceaccount:default:nobody"))
		assert.Zero(t, r.exitCode, "%s", r)
		r.mustSay(t, "skip  guardrails", `no right: guardrails.taffrail.dev is forbidden`)
	})
	t.Run("with the rights of deploy/doctor-rbac.yaml", func(t *testing.T) {
		cluster(t).kubectl(t, "", "apply", "-f", "../deploy/doctor-rbac.yaml").mustSucceed(t)
		cluster(t).kubectl(t, "", "create", "clusterrolebinding", "doctor", "--clusterrole=taffrail-doctor", "--user=doctor").mustSucceed(t)
		cluster(t).kubectl(t, "", "create", "rolebinding", "doctor", "-n", "taffrail-system", "--role=taffrail-doctor", "--user=doctor").mustSucceed(t)
		config := asUser(t, "doctor")
		require.Eventually(t, func() bool { // rights take a moment
			for _, c := range diagnose(t, config).Checks {
				if c.Outcome != "ok" && c.Check != "senders" {
					t.Logf("%+v", c)
					return false
				}
			}
			return true
		}, 3*soon, interval)
	})

	t.Run("exemptions", func(t *testing.T) {
		apply(t, strings.NewReplacer("DATE", time.Now().Add(72*time.Hour).UTC().Format(time.RFC3339)).Replace(`
{apiVersion: taffrail.dev/v1alpha1, kind: Exemption, metadata: {name: ending, namespace: default},
 spec: {validators: [image-latest-tag], reason: r, owner: team-web, expires: "DATE"}}`))
		finds(t, "exemptions", "warn", "it expires "+time.Now().Add(72*time.Hour).UTC().Format(time.DateOnly), "owner team-web")
		cluster(t).kubectl(t, "", "delete", "exemption", "ending").mustSucceed(t)
	})
	t.Run("a webhook of somebody else that mutates after us", func(t *testing.T) {
		apply(t, strings.NewReplacer("KIND", "MutatingWebhookConfiguration", "NAME", "zzz-injector", "POLICY", "Ignore").Replace(foreignWebhook))
		finds(t, "mutation-order", "note", "zzz-injector", "IfNeeded")
		cluster(t).kubectl(t, "", "delete", "mutatingwebhookconfiguration", "zzz-injector").mustSucceed(t)
	})
	t.Run("infrastructure in a namespace of its own", func(t *testing.T) {
		cluster(t).kubectl(t, "", "create", "namespace", "calico-system").mustSucceed(t)
		finds(t, "infrastructure", "warn", "Namespace calico-system",
			"--exclude-namespaces=calico-system")
		cluster(t).kubectl(t, "", "label", "namespace", "calico-system", "a=b").mustSucceed(t)
	})
	t.Run("a definition of an older version", func(t *testing.T) {
		cluster(t).kubectl(t, "", "patch", "crd", "exemptions.taffrail.dev", "--type=json", "-p",
			`[{"op":"remove","path":"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/reason/minLength"}]`).mustSucceed(t)
		finds(t, "definitions", "warn", "exemptions.taffrail.dev", "properties.reason.minLength")
		cluster(t).kubectl(t, "", "apply", "--server-side", "--force-conflicts", "-k", "../deploy/crds").mustSucceed(t)
	})

	// From here on the leader is dead, or would mend what is broken next.
	server.kill(t)
	t.Run("nobody answers", func(t *testing.T) {
		finds(t, "reachability", "fail", "nobody answers at the address", "connection refused")
	})
	t.Run("nobody leads", func(t *testing.T) {
		cluster(t).kubectl(t, "", "patch", "lease", "-n", "taffrail-system", "taffrail-leader", "--type=merge", "-p",
			`{"spec":{"renewTime":"2026-01-01T00:00:00.000000Z"}}`).mustSucceed(t)
		finds(t, "leader", "fail", "has not been heard of since 2026-01-01T00:00:00Z")
	})
	patch := func(t *testing.T, operations string) {
		t.Helper()
		cluster(t).kubectl(t, "", "patch", "validatingwebhookconfiguration", "taffrail", "--type=json", "-p", operations).mustSucceed(t)
	}
	t.Run("somebody else writes a configuration", func(t *testing.T) {
		patch(t, `[{"op":"replace","path":"/webhooks/0/timeoutSeconds","value":3}]`)
		finds(t, "configurations", "warn", `"kubectl-patch" writes it too`)
	})
	t.Run("kube-system is evaluated", func(t *testing.T) {
		patch(t, `[{"op":"replace","path":"/webhooks/0/namespaceSelector","value":{}}]`)
		finds(t, "lock-out", "fail", "kube-system", "validate.taffrail.dev")
	})
	t.Run("nodes wait", func(t *testing.T) {
		patch(t, `[{"op":"replace","path":"/webhooks/0/matchConditions","value":[]}]`)
		finds(t, "lock-out", "fail", "no match condition not-a-node")
	})
	t.Run("a configuration is nobody's", func(t *testing.T) {
		patch(t, `[{"op":"remove","path":"/metadata/ownerReferences"}]`)
		finds(t, "configurations", "warn", "no Namespace owns it")
	})
	t.Run("an empty caBundle", func(t *testing.T) {
		patch(t, `[{"op":"remove","path":"/webhooks/0/clientConfig/caBundle"}]`)
		finds(t, "certificate", "fail", "its caBundle is empty")
	})
	t.Run("another authority", func(t *testing.T) {
		other := startTaffrail(t, options{standalone: true, guardrails: defaultGuardrail(t)})
		for _, entry := range []string{"0", "1"} {
			patch(t, `[{"op":"add","path":"/webhooks/`+entry+`/clientConfig/url","value":"`+other.webhookURL+`/validate"}]`)
		}
		finds(t, "reachability", "fail", "TLS: it does not trust the serving certificate", "x509")
		finds(t, "certificate", "fail", "does not vouch for the certificate served at")
	})
	t.Run("rights", func(t *testing.T) {
		// A Service in place of the URL: now it is the cluster that runs Taffrail.
		for _, kind := range []string{"mutating", "validating"} {
			cluster(t).kubectl(t, "", "delete", kind+"webhookconfiguration", "taffrail").mustSucceed(t)
		}
		cluster(t).kubectl(t, "", "apply", "-f", "../deploy/components/static/webhooks.yaml").mustSucceed(t)
		// Which evaluates bindings, and nobody answers.
		cluster(t).kubectl(t, "", "delete", "validatingwebhookconfiguration", "taffrail").mustSucceed(t)
		finds(t, "permissions", "ok")
		cluster(t).kubectl(t, "", "delete", "clusterrolebinding", "taffrail-webhooks").mustSucceed(t)
		finds(t, "permissions", "fail", `it may not patch validatingwebhookconfigurations.admissionregistration.k8s.io "taffrail"`)
		cluster(t).kubectl(t, "", "create", "clusterrolebinding", "too-much", "--clusterrole=cluster-admin", "--serviceaccount=taffrail-system:taffrail").mustSucceed(t)
		finds(t, "permissions", "warn", "it may get secrets, which it never needs")
	})
	t.Run("no replica", func(t *testing.T) {
		cluster(t).kubectl(t, "", "apply", "-f", "../deploy/components/static/webhooks.yaml").mustSucceed(t)
		finds(t, "endpoints", "fail", "no replica is ready")
		finds(t, "leader", "fail", "has not been heard of")
		finds(t, "configurations", "note", "the leader leaves it alone")
		finds(t, "reachability", "fail", "the API server does not reach Taffrail")
	})
	t.Run("a webhook of somebody else that would keep us from starting", func(t *testing.T) {
		apply(t, strings.NewReplacer("KIND", "ValidatingWebhookConfiguration", "NAME", "other-policy", "POLICY", "Fail").Replace(foreignWebhook))
		finds(t, "other-webhooks", "warn", "other-policy", "no replica of Taffrail starts")
		cluster(t).kubectl(t, "", "delete", "validatingwebhookconfiguration", "other-policy").mustSucceed(t)
	})
	t.Run("nothing is installed", func(t *testing.T) {
		program(t, "uninstall", "--kubeconfig", cluster(t).kubeconfig, "--yes", "--timeout", "100ms")
		finds(t, "installed", "fail", "it is being deleted", "Deployment taffrail-system/taffrail", "CustomResourceDefinition guardrails.taffrail.dev")
	})
}

const foreignWebhook = `
apiVersion: admissionregistration.k8s.io/v1
kind: KIND
metadata: {name: NAME}
webhooks:
- name: pods.example.com
  clientConfig: {url: "https://127.0.0.1:1/"}
  rules: [{apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
  failurePolicy: POLICY
  sideEffects: None
  admissionReviewVersions: [v1]
`

// asUser is a kubeconfig of an administrator who acts as somebody else.
func asUser(t *testing.T, user string) string {
	t.Helper()
	return changed(t, func(config *api.Config) {
		for _, info := range config.AuthInfos {
			info.Impersonate = user
		}
	})
}

func unreachableCluster(t *testing.T) string {
	t.Helper()
	return changed(t, func(config *api.Config) {
		for _, c := range config.Clusters {
			c.Server = "https://127.0.0.1:1"
		}
	})
}

func changed(t *testing.T, change func(*api.Config)) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(cluster(t).kubeconfig)
	require.NoError(t, err)
	change(config)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, clientcmd.WriteToFile(*config, file))
	return file
}
