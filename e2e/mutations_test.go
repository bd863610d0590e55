//go:build e2e && !kind

package e2e

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// mutationExample is a file of guardrail/testdata/mutations.
type mutationExample struct {
	name     string
	Mutation v1alpha1.Mutation `json:"mutation"`
	Object   json.RawMessage   `json:"object"`
	Patch    []json.RawMessage `json:"patch"`
}

func mutationExamples(t *testing.T) (all []mutationExample) {
	t.Helper()
	files, err := filepath.Glob("../guardrail/testdata/mutations/*.yaml")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		e := mutationExample{name: strings.TrimSuffix(filepath.Base(file), ".yaml")}
		require.NoError(t, yaml.UnmarshalStrict(text, &e))
		e.Mutation.OnlyWhenMissing = false // which a MutatingAdmissionPolicy does not have
		all = append(all, e)
	}
	require.GreaterOrEqual(t, len(all), 10)
	return all
}

// inNamespace selects a Namespace by its name.
func inNamespace(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": name}}
}

// guardrail is the example for us, in a Namespace of its own.
func (e *mutationExample) guardrail(namespace string) *v1alpha1.Guardrail {
	return &v1alpha1.Guardrail{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Guardrail"},
		ObjectMeta: metav1.ObjectMeta{Name: e.name},
		Spec: v1alpha1.GuardrailSpec{
			Match: &v1alpha1.Match{NamespaceSelector: inNamespace(namespace)}, Mutations: []v1alpha1.Mutation{e.Mutation},
		},
	}
}

// policy is the example for the API server, in another Namespace: the same expressions to the letter.
func (e *mutationExample) policy(namespace string) (*admissionregistrationv1.MutatingAdmissionPolicy, *admissionregistrationv1.MutatingAdmissionPolicyBinding) {
	m := &e.Mutation
	var resources []admissionregistrationv1.NamedRuleWithOperations
	for _, r := range m.Resources {
		resources = append(resources, admissionregistrationv1.NamedRuleWithOperations{RuleWithOperations: r})
	}
	mutation := admissionregistrationv1.Mutation{PatchType: admissionregistrationv1.PatchTypeApplyConfiguration, ApplyConfiguration: m.ApplyConfiguration}
	if m.JSONPatch != nil {
		mutation = admissionregistrationv1.Mutation{PatchType: admissionregistrationv1.PatchTypeJSONPatch, JSONPatch: m.JSONPatch}
	}
	fail, reinvocation := admissionregistrationv1.Fail, cmp.Or(m.ReinvocationPolicy, admissionregistrationv1.IfNeededReinvocationPolicy)
	version := admissionregistrationv1.SchemeGroupVersion.String()
	policy := &admissionregistrationv1.MutatingAdmissionPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: version, Kind: "MutatingAdmissionPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: e.name},
		Spec: admissionregistrationv1.MutatingAdmissionPolicySpec{
			MatchConstraints:   &admissionregistrationv1.MatchResources{NamespaceSelector: inNamespace(namespace), ResourceRules: resources},
			MatchConditions:    m.MatchConditions,
			Variables:          m.Variables,
			Mutations:          []admissionregistrationv1.Mutation{mutation},
			FailurePolicy:      &fail,
			ReinvocationPolicy: reinvocation,
		},
	}
	return policy, &admissionregistrationv1.MutatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: version, Kind: "MutatingAdmissionPolicyBinding"},
		ObjectMeta: metav1.ObjectMeta{Name: e.name},
		Spec:       admissionregistrationv1.MutatingAdmissionPolicyBindingSpec{PolicyName: e.name},
	}
}

// created is what an object would be stored as, but for what each object has of its own.
func (e *mutationExample) created(t *testing.T, namespace string) map[string]any {
	t.Helper()
	stored := cluster(t).kubectl(t, string(e.Object), "create", "--dry-run=server", "-n", namespace, "-f", "-", "-o", "json").mustSucceed(t).stdout
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(stored), &object))
	for _, field := range []string{"namespace", "uid", "creationTimestamp", "managedFields", "resourceVersion"} {
		unstructured.RemoveNestedField(object, "metadata", field)
	}
	for _, field := range []string{"clusterIP", "clusterIPs"} {
		unstructured.RemoveNestedField(object, "spec", field)
	}
	replaceText(object, namespace, "NAMESPACE")
	uidOfItsOwn(object)
	return object
}

// replaceText replaces a text wherever a value has it.
func replaceText(in any, text, by string) any {
	switch in := in.(type) {
	case map[string]any:
		for key, value := range in {
			in[key] = replaceText(value, text, by)
		}
	case []any:
		for i, value := range in {
			in[i] = replaceText(value, text, by)
		}
	case string:
		return strings.ReplaceAll(in, text, by)
	}
	return in
}

// uidOfItsOwn takes the uid out of the labels that a Job gets.
func uidOfItsOwn(object map[string]any) {
	const uid = "batch.kubernetes.io/controller-uid"
	unstructured.RemoveNestedField(object, "spec", "selector")
	for _, label := range []string{uid, "controller-uid"} {
		unstructured.RemoveNestedField(object, "spec", "template", "metadata", "labels", label)
		unstructured.RemoveNestedField(object, "metadata", "labels", label)
	}
}

// marker tells whether what was applied before it is in force.
func marker(kind string) mutationExample {
	e := mutationExample{name: "zzz-marker-" + kind, Object: json.RawMessage(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"marker"}}`)}
	e.Mutation = v1alpha1.Mutation{
		Name: e.name,
		Resources: []admissionregistrationv1.RuleWithOperations{{
			Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"secrets"}},
		}},
		ApplyConfiguration: &admissionregistrationv1.ApplyConfiguration{
			Expression: `Object{metadata: Object.metadata{annotations: {"e2e.taffrail.dev/in-force": "yes"}}}`,
		},
	}
	return e
}

func (e *mutationExample) inForce(t *testing.T, namespace string) bool {
	t.Helper()
	value, _, _ := unstructured.NestedString(e.created(t, namespace), "metadata", "annotations", "e2e.taffrail.dev/in-force")
	return value == "yes"
}

// Whoever has MutatingAdmissionPolicies gets the same objects of us, by the same expressions.
func TestMutationsAreThoseOfAMutatingAdmissionPolicy(t *testing.T) {
	parallel(t)
	serveCluster(t, 1)
	const ours, theirs = "ours", "theirs"
	for _, namespace := range []string{ours, theirs} {
		apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: `+namespace+`, labels: {team: shop}}}`)
		apply(t, `{apiVersion: v1, kind: ServiceAccount, automountServiceAccountToken: false, metadata: {name: default, namespace: `+namespace+`}}`)
	}
	cluster(t).tidy(t, func() {
		cluster(t).kubectl(t, "", "delete", "mutatingadmissionpolicies,mutatingadmissionpolicybindings", "--all").mustSucceed(t)
	})
	examples := append(mutationExamples(t), marker("of-all"))
	for i := range examples {
		apply(t, toYAML(t, examples[i].guardrail(ours)))
		policy, binding := examples[i].policy(theirs)
		apply(t, toYAML(t, policy))
		apply(t, toYAML(t, binding))
	}
	last := &examples[len(examples)-1]
	for _, namespace := range []string{ours, theirs} {
		require.Eventually(t, func() bool { return last.inForce(t, namespace) }, 6*soon, interval, namespace)
	}
	require.Equal(t, "mutate.taffrail.dev mutations.taffrail.dev", strings.TrimSpace(cluster(t).kubectl(t, "",
		"get", "mutatingwebhookconfiguration", "taffrail", "-o", "jsonpath={.webhooks[*].name}").mustSucceed(t).stdout))
	for i := range examples {
		e := &examples[i]
		t.Run(e.name, func(t *testing.T) {
			assert.Equal(t, e.created(t, theirs), e.created(t, ours))
		})
	}
	// With nothing that needs them, the entries go.
	cluster(t).kubectl(t, "", "delete", "guardrails", "--all").mustSucceed(t)
	require.Eventually(t, func() bool {
		return strings.TrimSpace(cluster(t).kubectl(t, "", "get", "mutatingwebhookconfiguration", "taffrail", "-o", "jsonpath={.webhooks[*].name}").mustSucceed(t).stdout) == "mutate.taffrail.dev"
	}, 6*soon, interval)
}

const guardrailOfMutations = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: house}
spec:
  match: {namespaceSelector: {matchLabels: {mutations: "yes"}}}
  mutations:
  - name: fails
    resources: [{apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [CREATE, UPDATE]}]
    applyConfiguration: {expression: 'Object{data: {"of": object.metadata.annotations.owner}}'}
  - name: invalid
    resources: [{apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [CREATE, UPDATE]}]
    applyConfiguration: {expression: 'Object{metadata: Object.metadata{labels: {"size": string(object.data.size) + " many"}}}'}
  - name: last
    reinvocationPolicy: Never
    resources: [{apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [CREATE, UPDATE]}]
    applyConfiguration: {expression: 'Object{data: {"seen": object.data.?counted.orValue("nothing")}}'}
  - name: counts
    resources: [{apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [CREATE, UPDATE]}]
    onlyWhenMissing: true
    applyConfiguration: {expression: 'Object{data: {"counted": "by us"}}'}
`

// A mutation that fails refuses nothing, and is told to whoever sends the object; what is evaluated
// once comes last; what is set stays over an update.
func TestMutationsInACluster(t *testing.T) {
	parallel(t)
	serveCluster(t, 1)
	apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: house, labels: {mutations: "yes"}}}`)
	applied := cluster(t).kubectl(t, guardrailOfMutations, "apply", "-f", "-").mustSucceed(t)
	assert.Contains(t, applied.stdout, "guardrail.taffrail.dev/house created")
	const config = `{apiVersion: v1, kind: ConfigMap, metadata: {name: NAME, namespace: house}, data: {size: "5"}}`
	named := func(name string) string { return strings.Replace(config, "NAME", name, 1) }
	data := func(name string) string {
		return cluster(t).kubectl(t, "", "get", "configmap", "-n", "house", name, "-o", "jsonpath={.data}{.metadata.labels}").mustSucceed(t).stdout
	}
	require.Eventually(t, func() bool {
		return strings.Contains(cluster(t).kubectl(t, named("probe"), "create", "--dry-run=server", "-o", "yaml", "-f", "-").mustSucceed(t).stdout, "seen: by us")
	}, 6*soon, interval)

	created := cluster(t).kubectl(t, named("a"), "create", "-f", "-").mustSucceed(t)
	assert.Contains(t, created.stderr, "Warning: taffrail left a mutation out: guardrail house: mutation fails: no such key: annotations")
	assert.Contains(t, created.stderr, `Warning: taffrail left a mutation out: guardrail house: mutation invalid: what it makes of the object is invalid: metadata.labels: Invalid value: "5 many"`)
	assert.JSONEq(t, `{"counted":"by us","seen":"by us","size":"5"}`, data("a"))

	cluster(t).kubectl(t, "", "patch", "configmap", "-n", "house", "a", "--type", "merge", "-p", `{"data":{"counted":"by me"}}`).mustSucceed(t)
	assert.JSONEq(t, `{"counted":"by me","seen":"by me","size":"5"}`, data("a"))
	assert.Equal(t, "mutate.taffrail.dev mutations.taffrail.dev mutations-once.taffrail.dev", strings.TrimSpace(cluster(t).kubectl(t, "",
		"get", "mutatingwebhookconfiguration", "taffrail", "-o", "jsonpath={.webhooks[*].name}").mustSucceed(t).stdout))

	// Mistakes are refused, in words that name the mutation, and a second run that is not empty is warned of.
	instead := func(expression string) string {
		return strings.Replace(guardrailOfMutations, "object.metadata.annotations.owner", expression, 1)
	}
	cluster(t).kubectl(t, instead("params.owner"), "apply", "-f", "-").mustFail(t,
		"undeclared reference to 'params': Guardrails have neither params nor an authorizer (mutation fails)")
	again := cluster(t).kubectl(t, instead(`object.data.?of.orValue("") + "x"`), "apply", "-f", "-").mustSucceed(t)
	assert.Contains(t, again.stderr, "a second run changes the object again, at /data/of: guard it with matchConditions, or set onlyWhenMissing (ConfigMap) (mutation fails)")
}
