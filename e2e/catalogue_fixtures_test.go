//go:build e2e

package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// fixtureLabel says which fixture a Namespace, or an object without one, is for.
const fixtureLabel = "e2e.taffrail.dev/fixture"

// checkFixture is a file of validators/testdata: an object, and in its comments
// how it is evaluated and what is found. validators_test.go says what they mean.
type checkFixture struct {
	check, name     string
	number          int // among all
	object, old     *unstructured.Unstructured
	params          map[string]any
	operation       string
	subresource     string
	options         map[string]any
	user            authenticationv1.UserInfo
	namespaceLabels map[string]string
	want            []string
	// apiServer is what the API server itself says, before it asks a webhook.
	apiServer string
	// refused and warnings are what came back when it was sent.
	refused  bool
	warnings []string
}

func readCheckFixtures(t *testing.T) []*checkFixture {
	t.Helper()
	files, err := filepath.Glob("../validators/testdata/*/*.yaml")
	require.NoError(t, err)
	var all []*checkFixture
	for _, file := range files {
		if !strings.HasPrefix(filepath.Base(file), "old-") {
			f := readCheckFixture(t, file)
			f.number = len(all)
			all = append(all, f)
		}
	}
	require.NotEmpty(t, all)
	return all
}

func readCheckFixture(t *testing.T, file string) *checkFixture {
	t.Helper()
	folder := filepath.Dir(file)
	f := &checkFixture{
		check: filepath.Base(folder), name: filepath.Base(file),
		operation: "CREATE", object: readUnstructured(t, file),
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var requestKind metav1.TypeMeta
	unseen := false // by a cluster, whose API server has mended it by then
	for line := range strings.Lines(string(text)) {
		comment, isComment := strings.CutPrefix(strings.TrimSpace(line), "# ")
		if !isComment {
			continue
		}
		directive, value, _ := strings.Cut(comment, ": ")
		var structured any
		switch directive {
		case "want":
			value = strings.TrimPrefix(strings.TrimPrefix(value, "[Deny] "), "[Warn] ")
			f.want = append(f.want, value)
		case "operation":
			f.operation = value
		case "old":
			f.old = readUnstructured(t, filepath.Join(folder, value))
		case "subresource":
			f.subresource = value
		case "cluster":
			unseen = true
		case "api-server":
			f.apiServer = value
		case "params":
			structured = &f.params
		case "options":
			structured = &f.options
		case "request-kind":
			structured = &requestKind
		case "user":
			structured = &f.user
		case "namespace-labels":
			structured = &f.namespaceLabels
		}
		if structured != nil {
			require.NoError(t, yaml.Unmarshal([]byte(value), structured), file)
		}
	}
	if requestKind.Kind != "" {
		f.object.SetGroupVersionKind(requestKind.GroupVersionKind())
	}
	slices.Sort(f.want)
	if unseen {
		f.want = nil
	}
	return f
}

func readUnstructured(t *testing.T, file string) *unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	raw, err := yaml.YAMLToJSON(text)
	require.NoError(t, err, file)
	object := &unstructured.Unstructured{}
	require.NoError(t, object.UnmarshalJSON(raw), file)
	return object
}

// objects are the object, and the old one if there is one.
func (f *checkFixture) objects() []*unstructured.Unstructured {
	if f.old == nil {
		return []*unstructured.Unstructured{f.object}
	}
	return []*unstructured.Unstructured{f.object, f.old}
}

// separate gives the fixture a Namespace of its own, and where it has none, a
// label, and a name if there will really be such an object: nothing empties a
// Namespace here, so that none could be made anew.
func (f *checkFixture) separate(namespaced bool) {
	for _, object := range f.objects() {
		switch {
		case namespaced && object.GetNamespace() == metav1.NamespaceDefault:
			mark(object, f.number) // that namespace is meant, and not to be had twice
		case namespaced:
			f.renameNamespace(object)
		default:
			mark(object, f.number)
			if f.operation != "CREATE" && object.GetKind() != "CustomResourceDefinition" { // whose name says what it defines
				object.SetName(f.own(object.GetName()))
			}
		}
	}
}

// own makes a name one that no other fixture has.
func (f *checkFixture) own(name string) string { return fmt.Sprintf("%s-%d", name, f.number) }

func (f *checkFixture) renameNamespace(object *unstructured.Unstructured) {
	name := cmp.Or(object.GetNamespace(), "shop")
	object.SetNamespace(f.own(name))
	f.renameIn(f.params, name)
	f.renameIn(object.Object, name)
}

// renameIn renames a Namespace in every list of namespaces: of parameters, and of affinities.
func (f *checkFixture) renameIn(value any, name string) {
	switch value := value.(type) {
	case map[string]any:
		if names, given := value["namespaces"].([]any); given {
			for i := range names {
				if names[i] == name {
					names[i] = f.own(name)
				}
			}
		}
		for _, member := range value {
			f.renameIn(member, name)
		}
	case []any:
		for _, item := range value {
			f.renameIn(item, name)
		}
	}
}

// mark labels an object as the fixture's, and with it the Pods of its template.
func mark(object *unstructured.Unstructured, number int) {
	if template, found, _ := unstructured.NestedMap(object.Object, "spec", "template"); found && template != nil {
		_ = unstructured.SetNestedField(object.Object, strconv.Itoa(number), "spec", "template", "metadata", "labels", fixtureLabel)
	}
	labels := object.GetLabels() // a copy
	if labels == nil {
		labels = map[string]string{}
	}
	labels[fixtureLabel] = strconv.Itoa(number)
	object.SetLabels(labels)
}

func marked(object *unstructured.Unstructured) bool { return object.GetLabels()[fixtureLabel] != "" }

// guardrail has the fixture's check, for the fixture alone.
func (f *checkFixture) guardrail(t *testing.T) string {
	t.Helper()
	var match v1alpha1.Match
	itself := &metav1.LabelSelector{MatchLabels: map[string]string{fixtureLabel: strconv.Itoa(f.number)}}
	if marked(f.object) {
		match.ObjectSelector = itself
	} else {
		match.NamespaceSelector = itself
		if f.operation != "CONNECT" { // which sends options, and they have no labels
			// A namespaceSelector lets objects pass that have no Namespace: other fixtures, and
			// marked.
			match.ObjectSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: fixtureLabel, Operator: metav1.LabelSelectorOpDoesNotExist},
			}}
		}
	}
	params, err := json.Marshal(f.params)
	require.NoError(t, err)
	validator := v1alpha1.Validator{Name: f.check}
	if f.params != nil {
		validator.Params = &runtime.RawExtension{Raw: params}
	}
	return toYAML(t, &v1alpha1.Guardrail{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Guardrail"},
		ObjectMeta: metav1.ObjectMeta{Name: f.own("fixture")},
		Spec:       v1alpha1.GuardrailSpec{Match: &match, Validators: []v1alpha1.Validator{validator}},
	})
}
