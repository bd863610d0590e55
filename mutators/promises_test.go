package mutators

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/workload"
)

type completed struct {
	patch []workload.Operation
	pod   []byte
}

// complete lets defaults complete a Pod as the webhook and the API server do,
// and holds the outcome against what every default promises.
func complete(tb testing.TB, pod []byte, defaults ...running) completed {
	tb.Helper()
	done, r := patched(tb, pod, defaults)
	if r == nil {
		return done
	}
	after, err := review(done.pod)
	require.NoError(tb, err, "%s", done.pod)
	require.True(tb, equality.Semantic.DeepEqual(r.Object, after.Object),
		"the Pod that validators see is the one that the API server makes of the patch: %s", done.pod)
	requireKept(tb, "", parse(tb, withReplaced(tb, pod, done.patch)), parse(tb, done.pod))
	before, err := review(pod)
	require.NoError(tb, err)
	requireNoContradiction(tb, before.Pod, after.Pod)
	requirePodWithoutContradiction(tb, before.Pod.Spec, after.Pod.Spec)

	require.True(tb, after.Record())
	run(after, defaults)
	require.Empty(tb, after.Pod.Patch(), "a second run has nothing to do")
	return done
}

// patched is the Pod that the API server makes of what defaults say, and the one
// that they have made in memory, which is nil where they must leave it alone.
func patched(tb testing.TB, pod []byte, defaults []running) (completed, *workload.Review) {
	tb.Helper()
	r, err := review(pod)
	require.NoError(tb, err)
	done := completed{pod: pod}
	if !r.Record() {
		return done, nil
	}
	run(r, defaults)
	if done.patch = r.Pod.Patch(); len(done.patch) > 0 {
		done.pod = apply(tb, pod, done.patch)
	}
	return done, r
}

func review(pod []byte) (*workload.Review, error) {
	return workload.NewReview(&admissionv1.AdmissionRequest{
		Operation: admissionv1.Create,
		Namespace: "shop",
		Kind:      metav1.GroupVersionKind{Version: "v1", Kind: "Pod"},
		Resource:  metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		Object:    runtime.RawExtension{Raw: pod},
	})
}

// run runs defaults in the order given, but those that are Last after the others.
func run(r *workload.Review, defaults []running) {
	for _, last := range []bool{false, true} {
		for _, d := range defaults {
			if d.last == last {
				d.mutate(r)
			}
		}
	}
}

// requireAnyOrder completes a Pod forwards and backwards.
func requireAnyOrder(tb testing.TB, pod []byte, forwards []running) {
	tb.Helper()
	backwards := slices.Clone(forwards)
	slices.Reverse(backwards)
	requireSame(tb, pod, forwards, backwards)
}

// requireSame completes a Pod by the same defaults in two orders.
func requireSame(tb testing.TB, pod []byte, one, other []running) {
	tb.Helper()
	done, _ := patched(tb, pod, other)
	require.Equal(tb, withSortedEnv(parse(tb, complete(tb, pod, one...).pod)), withSortedEnv(parse(tb, done.pod)))
}

// withSortedEnv sorts environment variables by name. Several defaults append them, and in what
// order says nothing, as long as those of one default stay together.
func withSortedEnv(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, child := range value {
			value[name] = withSortedEnv(child)
		}
		if env, ok := value["env"].([]any); ok {
			slices.SortStableFunc(env, func(a, b any) int { return cmp.Compare(envName(a), envName(b)) })
		}
	case []any:
		for i := range value {
			value[i] = withSortedEnv(value[i])
		}
	}
	return value
}

func envName(env any) string {
	fields, _ := env.(map[string]any)
	name, _ := fields["name"].(string)
	return name
}

// apply uses the library that the API server uses.
func apply(tb testing.TB, doc []byte, operations []workload.Operation) []byte {
	tb.Helper()
	encoded, err := workload.EncodePatch(operations)
	require.NoError(tb, err)
	patch, err := jsonpatch.DecodePatch(encoded)
	require.NoError(tb, err)
	patched, err := patch.Apply(doc)
	require.NoError(tb, err, "%s does not apply to %s", encoded, doc)
	return patched
}

func parse(tb testing.TB, doc []byte) any {
	tb.Helper()
	var value any
	decoder := json.NewDecoder(bytes.NewReader(doc))
	decoder.UseNumber()
	require.NoError(tb, decoder.Decode(&value))
	return value
}

// replaceable is what the documentation of some default says that it replaces or takes out.
var replaceable = regexp.MustCompile(`^/spec/(` + strings.Join([]string{
	`(initContainers|containers)/\d+/(image|imagePullPolicy)`,
	`(initContainers|containers)/\d+/volumeMounts/\d+(/name)?`,
	`volumes/\d+(/name|/image/reference|/image/pullPolicy)?`,
	`dnsPolicy`, `enableServiceLinks`, `terminationGracePeriodSeconds`, `priority`, `preemptionPolicy`,
}, "|") + `)$`)

// withReplaced does to a Pod what is not an addition: what is replaceable is replaced or taken out.
func withReplaced(tb testing.TB, pod []byte, patch []workload.Operation) []byte {
	tb.Helper()
	var replaced []workload.Operation
	for _, operation := range patch {
		if operation.Op != "add" {
			require.Regexp(tb, replaceable, operation.Path)
			replaced = append(replaced, operation)
		}
	}
	if len(replaced) == 0 {
		return pod
	}
	return apply(tb, pod, replaced)
}

// requireKept finds every value of a document in another, in the same place:
// what was set is not changed, and what nobody knows is not lost.
func requireKept(tb testing.TB, at string, before, after any) {
	tb.Helper()
	switch before := before.(type) {
	case nil: // absent and null are the same to the API server
	case map[string]any:
		require.IsType(tb, before, after, at)
		for name, value := range before {
			if value != nil {
				require.Contains(tb, after, name, at)
				requireKept(tb, at+"/"+name, value, after.(map[string]any)[name])
			}
		}
	case []any:
		require.IsType(tb, before, after, at)
		require.GreaterOrEqual(tb, len(after.([]any)), len(before), at)
		for i, value := range before {
			requireKept(tb, fmt.Sprintf("%s/%d", at, i), value, after.([]any)[i])
		}
	default:
		require.Equal(tb, before, after, at)
	}
}

// requireNoContradiction finds nothing in the completed Pod, beside what the
// user set, that the API server or the kubelet refuses.
func requireNoContradiction(tb testing.TB, before, after *workload.Pod) {
	tb.Helper()
	was := byPath(before)
	for path, c := range byPath(after) {
		b := was[path]
		if sc := c.SecurityContext; sc != nil && sc.AllowPrivilegeEscalation != nil && !*sc.AllowPrivilegeEscalation &&
			(b.SecurityContext == nil || b.SecurityContext.AllowPrivilegeEscalation == nil) {
			require.False(tb, sc.Privileged != nil && *sc.Privileged, path)
			require.False(tb, sc.Capabilities != nil && slices.Contains(sc.Capabilities.Add, "CAP_SYS_ADMIN"), path)
		}
		if nonRoot, uid := c.EffectiveRunAsNonRoot(), c.EffectiveRunAsUser(); b.EffectiveRunAsNonRoot() == nil && nonRoot != nil && *nonRoot {
			require.False(tb, uid != nil && *uid == 0, path)
		}
		for name, request := range c.Resources.Requests {
			if _, set := b.Resources.Requests[name]; !set {
				require.NotContains(tb, b.Resources.Limits, name, "%s: %s", path, request.String())
			}
		}
		for name, limit := range c.Resources.Limits {
			if _, set := b.Resources.Limits[name]; !set {
				require.GreaterOrEqual(tb, limit.Cmp(c.Resources.Requests[name]), 0, "%s: %s", path, limit.String())
			}
		}
	}
}

// requirePodWithoutContradiction does the same for the Pod as a whole.
func requirePodWithoutContradiction(tb testing.TB, before, after *corev1.PodSpec) {
	tb.Helper()
	if before.HostUsers == nil && after.HostUsers != nil && !*after.HostUsers {
		require.False(tb, after.HostNetwork || after.HostPID || after.HostIPC || after.RuntimeClassName != nil)
	}
	if before.PriorityClassName != after.PriorityClassName {
		require.Nil(tb, after.Priority)
		require.Nil(tb, after.PreemptionPolicy)
	}
	volumes, constraints := map[string]bool{}, map[string]bool{}
	for _, v := range after.Volumes {
		volumes[v.Name] = true
	}
	for _, c := range slices.Concat(after.InitContainers, after.Containers) {
		for _, mount := range c.VolumeMounts {
			there := slices.ContainsFunc(before.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })
			require.Equal(tb, there, volumes[mount.Name], mount.Name)
		}
	}
	for _, c := range after.TopologySpreadConstraints {
		key := c.TopologyKey + " " + string(c.WhenUnsatisfiable)
		require.False(tb, constraints[key] && len(before.TopologySpreadConstraints) == 0, key)
		constraints[key] = true
	}
}

func byPath(pod *workload.Pod) map[string]workload.Container {
	containers := map[string]workload.Container{}
	for c := range pod.Containers() {
		containers[c.Path().String()] = c
	}
	return containers
}

// withUnknownFields puts a field that k8s.io/api does not know into every object of a document.
func withUnknownFields(tb testing.TB, doc []byte) []byte {
	tb.Helper()
	value := parse(tb, doc)
	var visit func(any)
	visit = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			for _, child := range value {
				visit(child)
			}
			value["future"] = "1"
		case []any:
			for _, child := range value {
				visit(child)
			}
		}
	}
	visit(value)
	doc, err := json.Marshal(value)
	require.NoError(tb, err)
	return doc
}
