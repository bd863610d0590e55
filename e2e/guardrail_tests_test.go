//go:build e2e && !kind

package e2e

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// What `taffrail test` says of the ready-made guardrails, a cluster says: each case of their tests
// is sent to an API server that has the guardrail in force.
func TestGuardrailTestsAreTrueInACluster(t *testing.T) {
	t.Parallel()
	useControlPlane(t, withoutPlugin("PodSecurity")) // which would speak before pod-security does
	cluster(t).kubectl(t, surroundings, "apply", "-f", "-").mustSucceed(t)
	cluster(t).kubectl(t, "", "create", "namespace", "shop").mustSucceed(t)
	cluster(t).kubectl(t, "", "label", "namespace", "shop", "default", "tenant=shop", "environment=production").mustSucceed(t)
	mapper := newMapper(t)
	files, err := filepath.Glob("../deploy/guardrails/tests/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	number, sent, before := 0, 0, 0
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			installWidely(t, startTaffrail(t, options{guardrails: guardrailOf(t, file)}))
			for _, c := range readTestCases(t, file) {
				number++
				sent++
				if !c.send(t, mapper, number) {
					before++
				}
			}
		})
	}
	t.Logf("%d cases sent, %d of them refused by the API server itself", sent, before)
	assert.Greater(t, sent-before, 200)
}

// guardrailOf is the guardrail that a test is of.
func guardrailOf(t *testing.T, test string) string {
	t.Helper()
	file := filepath.Join("../deploy/guardrails", filepath.Base(test))
	if !exists(file) {
		file = "../guardrail/default.yaml"
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

// installWidely sends the webhooks all that a guardrail may look at.
func installWidely(t *testing.T, server *taffrail) {
	t.Helper()
	mutating, validating := readWebhooks(t)
	pointTo(t, server, &mutating.Webhooks[0].ClientConfig)
	pointTo(t, server, &validating.Webhooks[0].ClientConfig)
	validating.Webhooks[0].Rules = []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.OperationAll},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{"*"}, APIVersions: []string{"*"}, Resources: []string{"*/*"}},
	}}
	mutating.Webhooks = append(mutating.Webhooks[:1], mutatingMarker())
	validating.Webhooks = append(validating.Webhooks[:1], validatingMarker())
	cluster(t).tidy(t, func() { removeWebhooks(t) })
	cluster(t).kubectl(t, toYAML(t, mutating), "apply", "-f", "-").mustSucceed(t)
	cluster(t).kubectl(t, toYAML(t, validating), "apply", "-f", "-").mustSucceed(t)
	waitMarker(t, markerMutating, true)
	waitMarker(t, markerValidating, true)
}

// sentCase is a case of a GuardrailTest, as a request.
type sentCase struct {
	v1alpha1.TestCase
	request *checkFixture
}

func readTestCases(t *testing.T, file string) (all []*sentCase) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var test v1alpha1.GuardrailTest
	require.NoError(t, yaml.Unmarshal(text, &test)) // strictly, keys in place of merged ones would be there twice
	for _, in := range test.Spec.Cases {
		c := &sentCase{TestCase: in, request: &checkFixture{
			name: in.Name, operation: cmp.Or(string(in.Operation), "CREATE"), subresource: in.Subresource,
			object: objectIn(t, in.Object), old: objectIn(t, in.OldObject),
		}}
		if _, said, _ := unstructured.NestedBool(c.request.object.Object, "spec", "automountServiceAccountToken"); !said && c.request.object.GetKind() == "Pod" {
			c.Expect.Denied, c.Expect.Warned = withoutTokens(c.Expect.Denied), withoutTokens(c.Expect.Warned)
		}
		c.request.user.Username, c.request.user.Groups = in.User, in.Groups
		if in.Options != nil {
			require.NoError(t, json.Unmarshal(in.Options.Raw, &c.request.options))
		}
		all = append(all, c)
	}
	return all
}

// withoutTokens leaves out what is found of the token that the plugin ServiceAccount mounts: it is
// not at work here.
func withoutTokens(findings []v1alpha1.ExpectedFinding) []v1alpha1.ExpectedFinding {
	return slices.DeleteFunc(findings, func(f v1alpha1.ExpectedFinding) bool { return f.Validator == "automount-service-account-token" })
}

func objectIn(t *testing.T, raw *runtime.RawExtension) *unstructured.Unstructured {
	t.Helper()
	if raw == nil {
		return nil
	}
	object := &unstructured.Unstructured{}
	require.NoError(t, object.UnmarshalJSON(raw.Raw))
	withoutNulls(object.Object) // which an API server takes for what is not there
	return object
}

// send sends a case, and compares what is said of it. It is false where the API server itself
// refuses the object before it asks a webhook, which it may only where the case says that it is
// refused.
func (c *sentCase) send(t *testing.T, mapper meta.RESTMapper, number int) bool {
	t.Helper()
	c.settle(t, number)
	var warnings recordedWarnings
	err := c.request.send(t, mapper, &warnings)
	if err != nil && !refusedByWebhook(err) && c.request.operation != "CONNECT" {
		denied := len(c.Expect.Denied) > 0
		gone := meta.IsNoMatchError(err)
		assert.True(t, gone || denied && apierrors.IsInvalid(err), "%s: %v", c.Name, err)
		return false
	}
	if c.Expect.Denied != nil || c.Expect.Allowed != nil && *c.Expect.Allowed {
		assert.Equal(t, validatorsOf(c.Expect.Denied), deniedBy(err), "%s: %v", c.Name, err)
	}
	if c.Expect.Warned != nil {
		for _, name := range validatorsOf(c.Expect.Warned) {
			assert.NotEmpty(t, warnings.of(name), "%s: %s must warn", c.Name, name)
		}
		if len(c.Expect.Warned) == 0 {
			assert.Empty(t, warnings.texts, c.Name)
		}
	}
	if c.Expect.Object != nil && err == nil {
		c.compareObject(t, mapper)
	}
	return true
}

// settle puts the object where the case has it, and gives what is there before the request a name
// of its own: nothing is deleted here.
func (c *sentCase) settle(t *testing.T, number int) {
	t.Helper()
	f := c.request
	for _, object := range []*unstructured.Unstructured{f.object, f.old} {
		if object == nil {
			continue
		}
		if c.Namespace != nil && c.Namespace.Name != "" && c.Namespace.Name != "shop" {
			object.SetNamespace(c.Namespace.Name)
		}
		if f.operation != "CREATE" || object.GetKind() == "Namespace" {
			object.SetName(fmt.Sprintf("%s-%d", object.GetName(), number))
		}
		if f.operation == "CONNECT" { // the case needs no more of it than its name
			containers := []any{map[string]any{"name": "web", "image": "registry.example.com/web:1.4.2"}}
			require.NoError(t, unstructured.SetNestedSlice(object.Object, containers, "spec", "containers"))
		}
	}
	name := f.object.GetNamespace()
	if name == "" || name == "shop" || name == metav1.NamespaceDefault || name == metav1.NamespaceSystem {
		return
	}
	cluster(t).kubectl(t, "", "create", "namespace", name).mustSucceed(t)
	for key, value := range c.Namespace.Labels {
		cluster(t).kubectl(t, "", "label", "namespace", name, key+"="+value).mustSucceed(t)
	}
}

// compareObject compares the object that would be stored with what the case expects of it.
func (c *sentCase) compareObject(t *testing.T, mapper meta.RESTMapper) {
	t.Helper()
	resource, err := resourceOf(mapper, cluster(t).config, c.request.object)
	require.NoError(t, err)
	stored, err := resource.Create(background, c.request.object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	require.NoError(t, err)
	var expected map[string]any
	require.NoError(t, json.Unmarshal(c.Expect.Object.Raw, &expected))
	raw, err := stored.MarshalJSON()
	require.NoError(t, err)
	var actual map[string]any
	require.NoError(t, json.Unmarshal(raw, &actual))
	assertWithin(t, c.Name, expected, actual)
}

// assertWithin asserts that a value has what another names.
func assertWithin(t *testing.T, at string, expected, actual any) {
	t.Helper()
	switch expected := expected.(type) {
	case map[string]any:
		fields, _ := actual.(map[string]any)
		for name, value := range expected {
			assertWithin(t, at+"."+name, value, fields[name])
		}
	case []any:
		items, _ := actual.([]any)
		if assert.Len(t, items, len(expected), at) {
			for i, item := range expected {
				assertWithin(t, fmt.Sprintf("%s[%d]", at, i), item, items[i])
			}
		}
	default:
		assert.Equal(t, expected, actual, at)
	}
}

// validatorsOf are the names of checks and rules, without their controls, each once.
func validatorsOf(findings []v1alpha1.ExpectedFinding) []string {
	names := map[string]bool{}
	for _, f := range findings {
		name, _, _ := strings.Cut(f.Validator, "/")
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// deniedBy are the checks and rules that a refusal names.
func deniedBy(err error) []string {
	names := map[string]bool{}
	var status apierrors.APIStatus
	if refusedByWebhook(err) && errors.As(err, &status) && status.Status().Details != nil {
		for _, cause := range status.Status().Details.Causes {
			name, _, _ := strings.Cut(cause.Message, ": ")
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
