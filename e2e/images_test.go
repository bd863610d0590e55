//go:build e2e && !kind

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
)

func tryImage(t *testing.T, namespace, image string) result {
	t.Helper()
	return cluster(t).kubectl(t, `{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: web, image: "`+image+`"}]}}`,
		"create", "--dry-run=server", "-n", namespace, "-f", "-")
}

const formerPattern = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: former}
spec:
  validators:
  - name: image-digest-required
    except: {images: ["registry.example.com*", "registry.example.org/mesh/*"]}
`

// An upgrade finds a pattern that the version before took: it covers nothing
// that it should not, and takes nothing else down.
func TestAStoredPatternOfAnEarlierVersion(t *testing.T) {
	parallel(t)
	define(t)
	apply(t, formerPattern)
	servers := serveCluster(t, 1)
	namespace := cluster(t).namespace(t)
	refusedSoon(t, namespace, "image-digest-required", "of former")

	tryImage(t, namespace, "registry.example.com.evil.net/web:1").mustFail(t, "must have a digest")
	tryImage(t, namespace, "registry.example.com/web:1").mustFail(t, "must have a digest")
	tryImage(t, namespace, "REGISTRY.example.org:443/mesh/proxy:1").mustSucceed(t)
	assert.Equal(t, "1", servers[0].metric(t, "taffrail_guardrails"))
	const told = `in force; but spec.validators[0].except.images[0]: Invalid value: "registry.example.com*": must name an image: ` +
		`this is a registry, or the beginning of one; write registry.example.com/*: counts for what is written there alone`
	require.Eventually(t, func() bool {
		return cluster(t).kubectl(t, "", "get", "guardrail", "former", "-o", "jsonpath={.status.conditions[0].message}").stdout == told
	}, soon, interval)
	assert.Contains(t, servers[0].log(), "counts for what is written there alone")

	// Nobody can write it any more, and the right spelling is told.
	cluster(t).kubectl(t, strings.Replace(formerPattern, "name: former", "name: new", 1), "apply", "-f", "-").
		mustFail(t, "write registry.example.com/*")
	apply(t, strings.Replace(formerPattern, "example.com*", "example.com/*", 1))
	require.Eventually(t, func() bool {
		return tryImage(t, namespace, "registry.example.com/web:1").exitCode == 0
	}, soon, interval)
	tryImage(t, namespace, "registry.example.com.evil.net/web:1").mustFail(t, "must have a digest")
}

// What the API server takes as an image is one image, however it is written.
func TestARegistryByAnotherName(t *testing.T) {
	parallel(t)
	installWebhooks(t, startTaffrail(t, options{guardrails: `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: registries}
spec:
  validators:
  - {name: image-registry-denied, params: {denied: [docker.io/bitnami, evil.example.com]}}
`}))
	namespace := cluster(t).namespace(t)
	for _, image := range []string{
		"bitnami/redis:1", "index.docker.io/bitnami/redis:1", "registry-1.docker.io:443/bitnami/redis:1", "DOCKER.io/bitnami/redis:1",
		"registry.hub.docker.com/bitnami/redis:1", "evil.example.com:443/web:1", "EVIL.example.com/web:1",
	} {
		tryImage(t, namespace, image).mustFail(t, "must not be from docker.io/bitnami or evil.example.com")
	}
	for _, image := range []string{"evil.example.com./web:1", "sha256:" + strings.Repeat("0123456789abcdef", 4), "0x7f.1/web:1"} {
		tryImage(t, namespace, image).mustFail(t, "must be a valid image reference")
	}
	tryImage(t, namespace, "evil.example.com.good.net/web:1").mustSucceed(t)
}

func TestANetworkPolicyThatAllowsAllInOtherWords(t *testing.T) {
	parallel(t)
	installWebhooks(t, startTaffrail(t, options{guardrails: `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: network}
spec: {validators: [{name: network-policy-allow-all}]}
`}), admissionregistrationv1.RuleWithOperations{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
		Rule: admissionregistrationv1.Rule{
			APIGroups: []string{"networking.k8s.io"}, APIVersions: []string{"v1"}, Resources: []string{"networkpolicies"},
		},
	})
	namespace := cluster(t).namespace(t)
	try := func(spec string) result {
		return cluster(t).kubectl(t, `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web}, spec: {podSelector: {}, `+spec+`}}`,
			"create", "--dry-run=server", "-n", namespace, "-f", "-")
	}
	for name, spec := range map[string]string{
		"two halves":                 `ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}]}]`,
		"two halves of IPv6":         `ingress: [{from: [{ipBlock: {cidr: "::/1"}}]}, {from: [{ipBlock: {cidr: "8000::/1"}}]}]`,
		"an except of nothing much":  `ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [192.0.2.1/32]}}]}]`,
		"all Namespaces":             `ingress: [{from: [{namespaceSelector: {}}]}]`,
		"all that is not labelled":   `ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}}]}]`,
		"all ports":                  `ingress: [{ports: [{port: 1, endPort: 65535}]}]`,
		"all ports, in two rules":    `ingress: [{ports: [{port: 1, endPort: 99}]}, {ports: [{port: 100, endPort: 65535}]}]`,
		"egress without policyTypes": `egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]`,
	} {
		assert.NotZero(t, try(spec).mustFail(t, "must not allow everything").exitCode, name)
	}
	for _, spec := range []string{
		`policyTypes: [Ingress]`, `ingress: [{from: [{podSelector: {}}]}]`, `ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8443}]}]`,
		`egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}], policyTypes: [Egress]`,
	} {
		try(spec).mustSucceed(t)
	}
}
