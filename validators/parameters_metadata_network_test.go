package validators

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMistakesInMetadataAndNetworkChecks(t *testing.T) {
	const (
		qualified = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`
		host      = `must be a host name, or *. and a domain, such as *.example.com`
	)
	for _, test := range []struct {
		check, params string
		want          []string
	}{
		{"required-annotations", "{}", []string{`annotations: Required value: must name what is required`}},
		{"denied-annotations", "{}", []string{`keys: Required value: must name a key`}},
		{"denied-labels", "{keys: ['a b']}", []string{`keys[0]: Invalid value: "a b": ` + qualified}},
		{"immutable-labels", "{keys: []}", []string{`keys: Required value: must name a key`}},
		{"name-pattern", "{kinds: []}", []string{
			`kinds: Required value: must name a kind`,
			`pattern: Required value: must be set`,
		}},
		{"name-pattern", "{pattern: '('}", []string{`pattern: Invalid value: "(": must be a regular expression (RE2)`}},
		{"deprecated-api", "{targetVersion: v1}", []string{
			`targetVersion: Invalid value: "v1": must be a version of Kubernetes, such as "1.40"`,
		}},
		{"deprecated-api", `{targetVersion: "2.1"}`, []string{
			`targetVersion: Invalid value: "2.1": must be a version of Kubernetes, such as "1.40"`,
		}},
		{"namespace-pod-security-labels", "{level: strict}", []string{
			`level: Unsupported value: "strict": supported values: "privileged", "baseline", "restricted"`,
		}},
		{"delete-protection", "{resources: []}", []string{`resources: Required value: must name a resource`}},
		{"delete-protection", "{resources: [pods]}", []string{
			`resources[0]: Unsupported value: "pods": supported values: "namespaces", "customresourcedefinitions", "persistentvolumeclaims", "persistentvolumes", "deployments", "statefulsets", "services"`,
		}},
		{"sensitive-config-map", "{patterns: ['(?i)password']}", []string{
			`patterns[0]: Invalid value: "(?i)password": must be a word of letters and digits, such as api_key or azure_*_key`,
		}},
		{"service-load-balancer", "{allowedAnnotations: [{key: 'a b'}]}", []string{`allowedAnnotations[0].key: Invalid value: "a b": ` + qualified}},
		{"service-external-name", "{allowed: ['*', 'a_b', 'a.*.example.com']}", []string{
			`allowed[0]: Invalid value: "*": ` + host,
			`allowed[1]: Invalid value: "a_b": ` + host,
			`allowed[2]: Invalid value: "a.*.example.com": ` + host,
		}},
		{"service-port-range", "{min: 0, max: 65536}", []string{
			`min: Invalid value: 0: must be a port`,
			`max: Invalid value: 65536: must be a port that is not below min`,
		}},
		{"service-port-range", "{min: 80, max: 79}", []string{`max: Invalid value: 79: must be a port that is not below min`}},
		{"ingress-hosts", "{allowed: ['https://example.com']}", []string{`allowed[0]: Invalid value: "https://example.com": ` + host}},
		{"ingress-class", "{}", []string{`allowed: Required value: must name a class`}},
		{"rbac-wildcards", "{allow: [verb]}", []string{
			`allow[0]: Unsupported value: "verb": supported values: "verbs", "resources", "apiGroups", "nonResourceURLs"`,
		}},
		{"rbac-cluster-admin-binding", "{roles: []}", []string{`roles: Required value: must name a ClusterRole`}},
		{"rbac-anonymous-subjects", "{subjects: []}", []string{`subjects: Required value: must name a user or a group`}},
		{"pod-exec", "{operations: []}", []string{`operations: Required value: must name an operation`}},
		{"pod-exec", "{operations: [log]}", []string{
			`operations[0]: Unsupported value: "log": supported values: "exec", "attach", "portforward"`,
		}},
		{"node-taints", "{labels: ['a b']}", []string{`labels[0]: Invalid value: "a b": ` + qualified}},
	} {
		t.Run(test.check, func(t *testing.T) {
			assertMistakes(t, test.check, test.params, test.want)
		})
	}
}

// Taints alone can be watched.
func TestNodeTaintsWithoutLabels(t *testing.T) {
	_, err := construct(t, "node-taints", "{labels: []}")
	assert.NoError(t, err)
}
