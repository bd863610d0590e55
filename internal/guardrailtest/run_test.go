package guardrailtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// The API server says more of a user than the test does.
func TestUsersHaveTheGroupsThatAnAPIServerGives(t *testing.T) {
	for name, test := range map[string]struct {
		in   v1alpha1.TestCase
		user string
		want []string
	}{
		"nobody in particular": {v1alpha1.TestCase{}, "taffrail-check", []string{"system:authenticated"}},
		"a user":               {v1alpha1.TestCase{User: "jane", Groups: []string{"ops"}}, "jane", []string{"ops", "system:authenticated"}},
		"a group once":         {v1alpha1.TestCase{User: "jane", Groups: []string{"system:authenticated"}}, "jane", []string{"system:authenticated"}},
		"a service account": {
			v1alpha1.TestCase{User: "system:serviceaccount:shop:ci"},
			"system:serviceaccount:shop:ci",
			[]string{"system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"},
		},
		"somebody unknown": {v1alpha1.TestCase{User: "system:anonymous"}, "system:anonymous", []string{"system:unauthenticated"}},
	} {
		t.Run(name, func(t *testing.T) {
			user := userOf(&test.in)
			assert.Equal(t, test.user, user.Username)
			assert.Equal(t, test.want, user.Groups)
		})
	}
}

// A rule says what of the request reached it.
func TestRequestsAreThoseOfAnAPIServer(t *testing.T) {
	for name, test := range map[string]struct{ resource, rule, request string }{
		"the defaults of the API": {
			"apps, v1, deployments, CREATE",
			`object.spec.replicas == 1 && object.metadata.namespace == 'default'`, `object: DEPLOYMENT`,
		},
		"a former version": {
			"apps, v1, deployments, CREATE",
			`request.kind.version == 'v1' && request.requestKind.group == 'extensions'`,
			`object: {apiVersion: extensions/v1beta1, kind: Deployment, metadata: {name: web}, spec: {template: {metadata: {labels: {app: web}}, spec: {containers: []}}}}`,
		},
		"the namespace": {
			"'', v1, pods, CREATE",
			`request.namespace == 'shop' && namespaceObject.metadata.labels == {'team': 'shop', 'kubernetes.io/metadata.name': 'shop'}`,
			`object: POD, namespace: {name: shop, labels: {team: shop}}`,
		},
		"no namespace for what lies in none": {
			"'', v1, nodes, CREATE", `!has(request.namespace)`,
			`object: {apiVersion: v1, kind: Node, metadata: {name: node-1}}, namespace: {name: shop}`,
		},
		"an update": {
			"'', v1, pods, UPDATE",
			`object.metadata.labels.app == 'new' && !has(oldObject.metadata.labels) && request.options.kind == 'UpdateOptions'`,
			`operation: UPDATE, object: {apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: new}}, spec: {containers: []}}, oldObject: POD`,
		},
		"a deletion": {
			"'', v1, pods, DELETE",
			`object == null && oldObject.metadata.name == 'web' && request.options.propagationPolicy == 'Orphan'`,
			`operation: DELETE, object: POD, options: {propagationPolicy: Orphan}`,
		},
		"an eviction": {
			"'', v1, pods/eviction, CREATE", `object.kind == 'Eviction' && request.name == 'web'`,
			`subresource: eviction, object: {apiVersion: policy/v1, kind: Eviction, metadata: {name: web}}`,
		},
		"a status": {
			"apps, v1, deployments/status, UPDATE", `object.status.replicas == 2`,
			`operation: UPDATE, subresource: status, oldObject: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, status: {replicas: 1}, spec: {selector: {}, template: {spec: {containers: []}}}}, object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, status: {replicas: 2}, spec: {selector: {}, template: {spec: {containers: []}}}}`,
		},
		"a connection": {
			"'', v1, pods/portforward, CONNECT",
			`object.kind == 'PodPortForwardOptions' && object.ports == [80] && request.name == 'web' && request.kind.kind == 'PodPortForwardOptions'`,
			`operation: CONNECT, subresource: portforward, object: POD, options: {ports: [80]}`,
		},
		"a connection to a service": {
			"'', v1, services/proxy, CONNECT", `object.kind == 'ServiceProxyOptions' && object.path == '/admin'`,
			`operation: CONNECT, subresource: proxy, options: {path: /admin}, object: {apiVersion: v1, kind: Service, metadata: {name: web}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			results := runRule(t, test.resource, test.rule, test.request)
			require.Empty(t, results.Errors)
			assert.Zero(t, results.Failed(), "%s", results.Results[0].Diff())
			assert.Empty(t, results.Results[0].Unevaluated)
			results = runRule(t, test.resource, "!("+test.rule+")", test.request)
			assert.Equal(t, 1, results.Failed(), "the rule is not evaluated")
		})
	}
}

// runRule runs a case that must be allowed by a rule.
func runRule(t *testing.T, resource, rule, request string) *Results {
	t.Helper()
	var of [4]string
	n, err := fmt.Sscanf(resource, "%s %s %s %s", &of[0], &of[1], &of[2], &of[3])
	require.NoError(t, err)
	require.Equal(t, 4, n)
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	write("guardrail.yaml", fmt.Sprintf(`
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: own}
spec:
  rules:
  - name: own
    resources: [{apiGroups: [%s], apiVersions: [%s], resources: [%s], operations: [%s]}]
    expression: "%s"
    message: must be so
`, of[0][:len(of[0])-1], of[1][:len(of[1])-1], of[2][:len(of[2])-1], of[3], rule))
	test := write("test.yaml", fmt.Sprintf(`
apiVersion: taffrail.dev/v1alpha1
kind: GuardrailTest
metadata: {name: own}
spec:
  guardrails: [guardrail.yaml]
  cases: [{name: own, %s, expect: {allowed: true}}]
`, replaceObjects(request)))
	return runOn(t, test)
}

func replaceObjects(request string) string {
	return strings.NewReplacer(
		"POD", "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: []}}",
		"DEPLOYMENT", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: {}, template: {spec: {containers: []}}}}",
	).Replace(request)
}

// To compile guardrails takes longer than to run a case.
func TestGuardrailsAreCompiledOnceForEachTime(t *testing.T) {
	results := runOn(t, examples+"pass.yaml", examples+"fail.yaml", examples+"unseen.yaml", examples+"pass.yaml")
	sets := map[*guardrails]int{}
	for _, one := range results.Results {
		sets[one.Test.guardrails] = len(one.Test.guardrails.sets)
	}
	var counts []int
	for _, n := range sets {
		counts = append(counts, n)
	}
	assert.ElementsMatch(t, []int{5, 3, 1}, counts, "three sets of guardrails, and the times that cases name")
}

// What is under test in one file may be under test in another: it counts once.
func TestCoverageIsThatOfAllTests(t *testing.T) {
	results := runOn(t, examples+"fail.yaml", examples+"pass.yaml")
	exercised := map[string]int{}
	for _, g := range results.Coverage.Guardrails {
		for _, kind := range []string{Validator, Rule, Mutator} {
			n, _ := g.Count(kind)
			exercised[g.From+" "+kind] += n
		}
	}
	assert.Equal(t, map[string]int{
		examples + "guardrails validator": 6, examples + "guardrails rule": 2, examples + "guardrails mutator": 1,
		examples + "guardrails/shop.yaml validator": 4, examples + "guardrails/shop.yaml rule": 0, examples + "guardrails/shop.yaml mutator": 1,
	}, exercised)
}

// What examples/mutations says of its mutations is true, and it says something of each.
func TestTheExampleOfMutations(t *testing.T) {
	results := runOn(t, "../../examples/mutations/tests.yaml")
	assert.Empty(t, results.Errors)
	for _, c := range results.Results {
		assert.Empty(t, c.Failures, c.Name)
	}
	assert.Len(t, results.Results, 4)
	assert.Equal(t, 100, results.Coverage.Percent())
}
