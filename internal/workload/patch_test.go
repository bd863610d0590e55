package workload

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
)

// What follows are the five cases in which one strategy or another that is in
// use loses or moves something.

func TestUnknownFieldsSurvive(t *testing.T) {
	after := record(t, `{"apiVersion": "v1", "kind": "Pod", "future": {"a": [1]},
		"metadata": {"future": "m", "annotations": {}},
		"spec": {"future": 9007199254740993,
			"securityContext": {"future": true},
			"containers": [{"name": "a", "future": "a", "resources": {"future": "r"}}, {"name": "b", "future": "b", "securityContext": {"future": null}}]}}`,
		everyVerb)
	assert.JSONEq(t, `{"apiVersion": "v1", "kind": "Pod", "future": {"a": [1]},
		"metadata": {"future": "m", "labels": {"l": "1"}, "annotations": {"a/b": "1"}},
		"spec": {"future": 9007199254740993,
			"securityContext": {"future": true, "seccompProfile": {"type": "RuntimeDefault"}, "runAsNonRoot": true, "runAsUser": 1, "runAsGroup": 3, "fsGroup": 2},
			"containers": [
				{"name": "a", "future": "a",
				 "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true, "runAsUser": 1, "runAsGroup": 3, "capabilities": {"drop": ["ALL"]}},
				 "resources": {"future": "r", "requests": {"cpu": "100m"}},
				 "env": [{"name": "E", "value": "1"}]},
				{"name": "b", "future": "b",
				 "securityContext": {"future": null, "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true, "runAsUser": 1, "runAsGroup": 3, "capabilities": {"drop": ["ALL"]}},
				 "resources": {"requests": {"cpu": "100m"}},
				 "env": [{"name": "E", "value": "1"}]}]}}`, after)
	assert.Contains(t, after, "9007199254740993", "and no number is rounded")
}

func TestAnItemIsInsertedBesideUnknownFields(t *testing.T) {
	after := record(t, `{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [
		{"name": "a", "env": [{"name": "A", "future": "A"}, {"name": "B", "future": "B"}]},
		{"name": "b", "future": "b", "env": []}]}}`,
		func(pod *Pod) {
			for c := range pod.Containers() {
				c.AppendEnv(corev1.EnvVar{Name: "E", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}})
				c.AppendEnv(corev1.EnvVar{Name: "F"})
			}
		})
	assert.JSONEq(t, `{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [
		{"name": "a", "env": [{"name": "A", "future": "A"}, {"name": "B", "future": "B"}, {"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, {"name": "F"}]},
		{"name": "b", "future": "b", "env": [{"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, {"name": "F"}]}]}}`, after)
}

func TestMissingParents(t *testing.T) {
	const want = `{"apiVersion": "v1", "kind": "Pod",
		"metadata": {"labels": {"l": "1"}, "annotations": {"a/b": "1"}},
		"spec": {
			"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}, "runAsNonRoot": true, "runAsUser": 1, "runAsGroup": 3, "fsGroup": 2},
			"containers": [{"name": "a",
				"securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true, "runAsUser": 1, "runAsGroup": 3, "capabilities": {"drop": ["ALL"]}},
				"resources": {"requests": {"cpu": "100m"}},
				"env": [{"name": "E", "value": "1"}]}]}}`
	for name, doc := range map[string]string{
		"absent": `{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a"}]}}`,
		"null": `{"apiVersion": "v1", "kind": "Pod", "metadata": null, "spec": {"securityContext": null,
			"containers": [{"name": "a", "securityContext": null, "resources": null, "env": null}]}}`,
		"empty": `{"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {"securityContext": {},
			"containers": [{"name": "a", "securityContext": {}, "resources": {}, "env": []}]}}`,
		"null below": `{"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": null, "annotations": null}, "spec": {"securityContext": {"runAsUser": null},
			"containers": [{"name": "a", "securityContext": {"capabilities": null}, "resources": {"requests": null}}]}}`,
		"empty below": `{"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {}, "annotations": {}}, "spec": {"securityContext": {},
			"containers": [{"name": "a", "securityContext": {"capabilities": {"drop": []}}, "resources": {"requests": {}}}]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			assert.JSONEq(t, want, record(t, doc, everyVerb))
		})
	}
}

func TestRepeatedNamesAndPortsStayInOrder(t *testing.T) {
	after := record(t, `{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a",
		"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}, {"name": "A", "value": "2"}],
		"ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}]}]}}`,
		func(pod *Pod) {
			for c := range pod.Containers() {
				c.AppendEnv(corev1.EnvVar{Name: "A", Value: "3"}) // is set
				c.AppendEnv(corev1.EnvVar{Name: "C", Value: "3"})
			}
		})
	assert.JSONEq(t, `{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a",
		"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}, {"name": "A", "value": "2"}, {"name": "C", "value": "3"}],
		"ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}]}]}}`, after)
}

func TestNoOpHasNoPatch(t *testing.T) {
	r := reviewOf(t, allSet)
	require.True(t, r.Record())
	assert.Nil(t, r.Pod.Patch())
	everyVerb(r.Pod)
	assert.Nil(t, r.Pod.Patch())
	assert.Equal(t, reviewOf(t, allSet).Object, r.Object)
}

// allSet sets all that everyVerb would, to something else, and to zero where that is a value.
const allSet = `{"apiVersion": "v1", "kind": "Pod",
	"metadata": {"labels": {"l": ""}, "annotations": {"a/b": ""}},
	"spec": {
		"securityContext": {"seccompProfile": {"type": "Unconfined"}, "runAsNonRoot": false, "runAsUser": 0, "runAsGroup": 0, "fsGroup": 0},
		"containers": [{"name": "a",
			"securityContext": {"allowPrivilegeEscalation": true, "readOnlyRootFilesystem": false, "runAsNonRoot": false, "runAsUser": 0, "runAsGroup": 0, "capabilities": {"drop": ["NET_RAW"]}},
			"resources": {"requests": {"cpu": "0"}},
			"env": [{"name": "E"}]}]}}`

func everyVerb(pod *Pod) {
	pod.SetLabel("l", "1")
	pod.SetAnnotation("a/b", "1")
	pod.SetSeccompProfile(corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault})
	pod.SetRunAsNonRoot(true)
	pod.SetRunAsUser(1)
	pod.SetRunAsGroup(3)
	pod.SetFSGroup(2)
	for c := range pod.Containers() {
		c.SetAllowPrivilegeEscalation(false)
		c.SetReadOnlyRootFilesystem(true)
		c.SetRunAsNonRoot(true)
		c.SetRunAsUser(1)
		c.SetRunAsGroup(3)
		c.SetDroppedCapabilities([]corev1.Capability{"ALL"})
		c.SetResourceRequest(corev1.ResourceCPU, resource.MustParse("0.1"))
		c.AppendEnv(corev1.EnvVar{Name: "E", Value: "1"})
	}
}

// record applies what the verbs note, with the library that the API server
// uses, and holds it against the typed object, which validators see.
func record(t *testing.T, doc string, change func(*Pod)) string {
	t.Helper()
	r := reviewOf(t, doc)
	require.True(t, r.Record())
	change(r.Pod)
	encoded, err := EncodePatch(r.Pod.Patch())
	require.NoError(t, err)
	patch, err := jsonpatch.DecodePatch(encoded)
	require.NoError(t, err)
	after, err := patch.Apply([]byte(doc))
	require.NoError(t, err, "%s", encoded)
	assert.True(t, equality.Semantic.DeepEqual(reviewOf(t, string(after)).Object, r.Object), "%s", after)
	return string(after)
}

// In a template the verbs work the same; no patch is made of it.
func TestTemplatesAreCompletedInMemory(t *testing.T) {
	r := reviewOf(t, everyContainer)
	everyVerb(r.Pod)
	assert.Nil(t, r.Pod.Patch())
	assert.Equal(t, "1", r.Pod.Meta.Annotations["a/b"])
	assert.Equal(t, int64(1), *r.Pod.Spec.SecurityContext.RunAsUser)
	for c := range r.Pod.Containers() {
		assert.Equal(t, "100m", c.Resources.Requests.Cpu().String())
	}
}

// A localhost profile is written whole.
func TestSetSeccompProfileLocalhost(t *testing.T) {
	after := record(t, `{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a"}]}}`, func(pod *Pod) {
		pod.SetSeccompProfile(corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: new("web.json")})
	})
	assert.JSONEq(t, `{"apiVersion": "v1", "kind": "Pod", "spec": {
		"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "web.json"}}, "containers": [{"name": "a"}]}}`, after)
}

// No patch is better than one that the API server cannot apply, which would fail the request.
func TestRecordRefuses(t *testing.T) {
	for name, doc := range map[string]string{
		"no spec":          `{"apiVersion": "v1", "kind": "Pod"}`,
		"no containers":    `{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": []}}`,
		"a null container": `{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a"}, null]}}`,
		"a null init":      `{"apiVersion": "v1", "kind": "Pod", "spec": {"initContainers": [null], "containers": [{"name": "a"}]}}`,
		"no Pod":           `{"apiVersion": "v1", "kind": "Service"}`,
	} {
		assert.False(t, reviewOf(t, doc).Record(), name)
	}
	assert.True(t, reviewOf(t, `{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{}]}}`).Record(), "an empty container can be patched")
}

func TestRecordBeginsAnew(t *testing.T) {
	r := reviewOf(t, `{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a"}]}}`)
	require.True(t, r.Record())
	everyVerb(r.Pod)
	first := r.Pod.Patch()
	require.NotEmpty(t, first)

	require.True(t, r.Record())
	assert.Empty(t, r.Pod.Patch())
	assert.Empty(t, r.Pod.Meta.Annotations)
	everyVerb(r.Pod)
	assert.Equal(t, first, r.Pod.Patch())
}

// The same operations are the same bytes, whatever the order of a Go map.
func TestEncodePatch(t *testing.T) {
	at := (*Path)(nil).Child("metadata", "labels").Key("a/b")
	operations := []Operation{
		Add(at, map[string]any{"b": 1, "a": "<&>", "c": false}),
		Replace(at, ""),
		Remove(at),
	}
	for range 10 {
		patch, err := EncodePatch(operations)
		require.NoError(t, err)
		//nolint:testifylint // the bytes matter
		assert.Equal(t, `[{"op":"add","path":"/metadata/labels/a~1b","value":{"a":"<&>","b":1,"c":false}},`+
			`{"op":"replace","path":"/metadata/labels/a~1b","value":""},`+
			`{"op":"remove","path":"/metadata/labels/a~1b"}]`, string(patch))
	}
}
