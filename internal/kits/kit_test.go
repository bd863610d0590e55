package kits

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// kitOf is a kit of objects in YAML.
func kitOf(t *testing.T, objects ...string) *v1alpha1.NamespaceKit {
	t.Helper()
	in := &v1alpha1.NamespaceKit{ObjectMeta: metav1.ObjectMeta{Name: "team", UID: "u"}}
	in.Spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "shop"}}
	for _, object := range objects {
		raw, err := yaml.YAMLToJSON([]byte(object))
		require.NoError(t, err)
		in.Spec.Objects = append(in.Spec.Objects, runtime.RawExtension{Raw: raw})
	}
	return in
}

func compiled(t *testing.T, in *v1alpha1.NamespaceKit) *Kit {
	t.Helper()
	k, mistakes := Compile(in)
	require.NoError(t, mistakes.ToAggregate())
	return k
}

// A placeholder is the name of the Namespace, or what CEL yields of its labels; nothing else is read.
func TestPlaceholders(t *testing.T) {
	for written, want := range map[string]string{
		"plain":                                     "plain",
		"${namespace}":                              "shop-a",
		"in ${ namespace } and ${namespace}":        "in shop-a and shop-a",
		"${labels.team}":                            "shop",
		"${labels['team']}-x":                       "shop-x",
		"${'}' + labels['team'] + \"{\"}":           "}shop{",
		"${name.startsWith('shop') ? 'yes' : 'no'}": "yes",
		"${labels[?'cost'].orValue('none')}":        "none",
		"${ {'a': name}['a'] }":                     "shop-a",
		"$${HOME} $HOME {{ .Values }} ${namespace}": "${HOME} $HOME {{ .Values }} shop-a",
	} {
		value, err := json.Marshal(written)
		require.NoError(t, err)
		in := kitOf(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {k: "+string(value)+"}}")
		o, err := compiled(t, in).Render(0, &Namespace{Name: "shop-a", Labels: map[string]string{"team": "shop"}})
		require.NoError(t, err, written)
		assert.Equal(t, want, o.Object["data"].(map[string]any)["k"], written)
	}
}

// What a kit makes is labelled with it, lies in the Namespace, and says as what it was made.
func TestWhatIsRendered(t *testing.T) {
	in := kitOf(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: "c-${namespace}", labels: {of: "${labels.team}", "for-${namespace}": x}}, data: {"${namespace}.txt": hi}, immutable: true, num: 9007199254740993}`)
	k := compiled(t, in)
	n := &Namespace{Name: "shop-a", Labels: map[string]string{"team": "shop"}}
	o, err := k.Render(0, n)
	require.NoError(t, err)
	assert.Equal(t, "c-shop-a", o.GetName())
	assert.Equal(t, "shop-a", o.GetNamespace())
	assert.Equal(t, map[string]string{"of": "shop", "for-shop-a": "x", "taffrail.dev/kit": "team"}, o.GetLabels())
	assert.Equal(t, map[string]any{"shop-a.txt": "hi"}, o.Object["data"])
	assert.Equal(t, true, o.Object["immutable"])
	assert.EqualValues(t, 9007199254740993, o.Object["num"], "numbers stay as they are written")
	assert.Empty(t, o.GetOwnerReferences())
	hash := o.GetAnnotations()["taffrail.dev/kit-hash"]
	assert.Len(t, hash, 16)

	again, err := k.Render(0, n)
	require.NoError(t, err)
	assert.Equal(t, o, again)
	other, err := k.Render(0, &Namespace{Name: "shop-b", Labels: n.Labels})
	require.NoError(t, err)
	assert.NotEqual(t, hash, other.GetAnnotations()["taffrail.dev/kit-hash"])

	in.Spec.OnDelete = v1alpha1.KitRemove
	o, err = compiled(t, in).Render(0, n)
	require.NoError(t, err)
	assert.Equal(t, []metav1.OwnerReference{{APIVersion: "taffrail.dev/v1alpha1", Kind: "NamespaceKit", Name: "team", UID: "u"}}, o.GetOwnerReferences())
}

func TestWhatCannotBeRendered(t *testing.T) {
	k := compiled(t, kitOf(t,
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: "${labels['cost-center']}"}}`,
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: "b-${labels.team}"}}`,
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: x, "${labels.team}": y}}`))
	for i, want := range []string{
		"ConfigMap: ${labels['cost-center']}: the Namespace has no label cost-center",
		`ConfigMap: metadata.name: "b-Not A Name"`,
		`ConfigMap: has the key "a" twice`,
	} {
		team := map[int]string{1: "Not A Name", 2: "a"}[i]
		_, err := k.Render(i, &Namespace{Name: "n", Labels: map[string]string{"team": team}})
		assert.ErrorContains(t, err, want)
	}
}

func TestSelects(t *testing.T) {
	k := compiled(t, kitOf(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}"))
	assert.True(t, k.Selects(map[string]string{"team": "shop"}))
	assert.False(t, k.Selects(map[string]string{"team": "bank"}))
	assert.False(t, k.Selects(nil))
}

// Every mistake is told at once, with its place and what must be there.
func TestMistakes(t *testing.T) {
	in := kitOf(t,
		"{apiVersion: '${namespace}/v1', kind: ConfigMap, metadata: {name: a}}",
		"{apiVersion: v1, kind: Namespace, metadata: {name: b}}",
		"{apiVersion: v1, kind: List, items: []}",
		"{apiVersion: v1, kind: ConfigMap, metadata: {namespace: other, generateName: x, finalizers: [a], labels: {taffrail.dev/kit: x, num: 1}}, status: {}}",
		"{apiVersion: v1, kind: ConfigMap, metadata: {name: A_B}, data: {k: '${namespace', l: '${nameSpace}', m: '${1}', o: '${object.metadata}'}}",
		"{apiVersion: v1, kind: ConfigMap, metadata: {name: same}}",
		"{apiVersion: v1, kind: ConfigMap, metadata: {name: same}}",
		"[]",
	)
	in.Name, in.Spec.NamespaceSelector = "", nil
	in.Spec.Sync, in.Spec.OnDelete = "Sometimes", "Shred"
	_, mistakes := Compile(in)
	var texts []string
	for _, m := range mistakes {
		texts = append(texts, m.Error())
	}
	assert.Equal(t, []string{
		`metadata.name: Invalid value: "": must have 1 to 63 characters: it is the value of a label`,
		`spec.sync: Invalid value: "Sometimes": must be Ensure or CreateOnce`,
		`spec.onDelete: Invalid value: "Shred": must be Keep or Remove`,
		`spec.namespaceSelector: Required value: must be set; {} selects all Namespaces`,
		`spec.objects[0].apiVersion: Invalid value: "${namespace}/v1": must be the version of an API, such as v1 or networking.k8s.io/v1, without placeholders`,
		`spec.objects[1].kind: Invalid value: "Namespace": must be a kind of objects that lie in a Namespace`,
		`spec.objects[2].kind: Invalid value: "List": must be a single object: list those in it one by one`,
		`spec.objects[2].metadata.name: Required value: must be set`,
		`spec.objects[3].metadata.finalizers: Forbidden: must not be set; a template has a name, labels and annotations`,
		`spec.objects[3].metadata.generateName: Forbidden: must not be set; a template has a name, labels and annotations`,
		`spec.objects[3].metadata.labels[num]: Invalid value: 1: must be a string`,
		`spec.objects[3].metadata.labels[taffrail.dev/kit]: Forbidden: must not be set: Taffrail sets it`,
		`spec.objects[3].metadata.name: Required value: must be set`,
		`spec.objects[3].metadata.namespace: Invalid value: "other": must be left out: an object lies in the Namespace that is furnished`,
		`spec.objects[3].status: Forbidden: must not be set`,
		`spec.objects[4].metadata.name: Invalid value: "A_B": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
		`spec.objects[4].data.k: Invalid value: "${namespace": must close ${ with }; $${ stands for ${ as it is`,
		`spec.objects[4].data.l: Invalid value: 1:1: undeclared reference to 'nameSpace'`,
		`spec.objects[4].data.m: Invalid value: must be of type string, is of type int`,
		`spec.objects[4].data.o: Invalid value: 1:1: undeclared reference to 'object'`,
		`spec.objects[6].metadata.name: Duplicate value: "ConfigMap./same"`,
		`spec.objects[7]: Invalid value: must be an object`,
	}, texts)
}

func TestAKitIsBounded(t *testing.T) {
	in := kitOf(t)
	_, mistakes := Compile(in)
	require.ErrorContains(t, mistakes.ToAggregate(), "spec.objects: Required value: must have an object")
	for range maxObjects + 1 {
		in.Spec.Objects = append(in.Spec.Objects, runtime.RawExtension{Raw: []byte(`{}`)})
	}
	_, mistakes = Compile(in)
	assert.ErrorContains(t, mistakes.ToAggregate(), "spec.objects: Too many: 33: must have at most 32 items")
}
