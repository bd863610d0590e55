package workload

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"taffrail.dev/taffrail/internal/dice"
	"taffrail.dev/taffrail/internal/tape"
)

// What a tape takes, the decoder of all of JSON takes too, and makes the same of it.
func requireDecodedAlike(t *testing.T, gvk schema.GroupVersionKind, raw []byte) (taken bool) {
	t.Helper()
	var at tape.Tape
	if !at.Read(raw) {
		return false
	}
	k := kinds[gvk]
	// Without a text to fall back to, an object is one that the tape made.
	quick, err := k.decode(nil, at.Root())
	if err != nil {
		return false
	}
	full, err := k.decode(raw, tape.Value{})
	require.NoError(t, err, "%s", raw)
	require.Equal(t, full, quick, "%s", raw)
	requireNothingOfOthers(t, k, raw, full)
	return true
}

// used is a tape that objects of all kinds were made in.
var used tape.Tape

// Memory is used again: nothing of an object may be in the next one.
func requireNothingOfOthers(t *testing.T, k kind, raw []byte, want Object) {
	t.Helper()
	for range 2 {
		require.True(t, used.Read(raw))
		got, err := k.decode(nil, used.Root())
		require.NoError(t, err)
		require.Equal(t, want, got, "%s", raw)
	}
}

func TestWhatIsForgottenIsZero(t *testing.T) {
	raw, err := json.Marshal(filled(podKind))
	require.NoError(t, err)
	var at tape.Tape
	require.True(t, at.Read(raw))
	made, err := kinds[podKind].decode(nil, at.Root())
	require.NoError(t, err)
	pod := made.(*corev1.Pod)
	containers, limits, security := pod.Spec.Containers, pod.Spec.Containers[0].Resources.Limits, pod.Spec.SecurityContext
	labels, name := pod.Labels, pod.Name
	at.Forget()
	assert.Zero(t, *pod)
	assert.Zero(t, containers[0])
	assert.Zero(t, *security)
	assert.Empty(t, labels)
	assert.Empty(t, limits)
	assert.NotEmpty(t, name, "strings may be kept")
}

// What a tape says that it keeps decides whether it is kept: for the same objects it says the same.
func TestMemoryThatIsUsedAgainIsCountedOnce(t *testing.T) {
	labels := map[string]string{}
	for i := range 20 {
		labels[strings.Repeat("a", i+1)] = ""
	}
	raw, err := json.Marshal(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: make([]corev1.Container, 3)}})
	require.NoError(t, err)
	var at tape.Tape
	sizes := map[int]int{}
	for range 20 {
		require.True(t, at.Read(raw))
		_, err := kinds[podKind].decode(nil, at.Root())
		require.NoError(t, err)
		sizes[at.Size()]++
	}
	assert.LessOrEqual(t, len(sizes), 3, "%v", sizes)
	assert.GreaterOrEqual(t, sizes[at.Size()], 17, "%v", sizes)
}

func TestAListTakesMemoryOfItsOwnToGrow(t *testing.T) {
	var at tape.Tape
	const two = `{"spec":{"containers":[{"name":"a"},{"name":"b"}],"initContainers":[{"name":"c"}]}}`
	require.True(t, at.Read([]byte(strings.Replace(two, `{"name":"a"}`, `{"name":"a"},{"name":"b"},{"name":"c"}`, 1))))
	_, err := kinds[podKind].decode(nil, at.Root())
	require.NoError(t, err)
	require.True(t, at.Read([]byte(two)))
	made, err := kinds[podKind].decode(nil, at.Root())
	require.NoError(t, err)
	pod := made.(*corev1.Pod)
	assert.Equal(t, 2, cap(pod.Spec.Containers))
	_ = append(pod.Spec.Containers, corev1.Container{Name: "x"})
	require.True(t, at.Read([]byte(`{"spec":{"containers":[{},{},{}]}}`)))
	made, err = kinds[podKind].decode(nil, at.Root())
	require.NoError(t, err)
	assert.Equal(t, make([]corev1.Container, 3), made.(*corev1.Pod).Spec.Containers)
}

var gvks = func() []schema.GroupVersionKind {
	all := Kinds()
	slices.SortFunc(all, func(a, b schema.GroupVersionKind) int { return strings.Compare(a.String(), b.String()) })
	return all
}()

// FuzzDecode holds that.
func FuzzDecode(f *testing.F) {
	for i, gvk := range gvks {
		raw, err := json.Marshal(filled(gvk))
		require.NoError(f, err)
		f.Add(byte(i), raw)
	}
	pod := byte(slices.Index(gvks, podKind))
	for seed := range uint64(32) {
		f.Add(pod, dice.New(dice.Bytes(seed, 300)).Pod())
		f.Add(pod, dice.Wild(dice.Bytes(seed, 300)).Pod())
	}
	for _, raw := range unusual {
		f.Add(pod, []byte(raw))
	}
	f.Fuzz(func(t *testing.T, kind byte, raw []byte) {
		requireDecodedAlike(t, gvks[int(kind)%len(gvks)], raw)
	})
}

// unusual is what no API server writes.
var unusual = []string{
	`null`, ` {} `, `{"spec":null,"metadata":null}`, `{"spec":{"containers":null,"nodeName":null,"hostNetwork":null,"priority":null}}`,
	`{"spec":{"containers":[null,{},null]}}`, `{"spec":{"containers":[]},"metadata":{"labels":{},"annotations":{"a":null},"finalizers":[null,"a",""]}}`,
	`{"spec":{"nodeName":"a","nodeName":"b"}}`, `{"spec":{"nodeName":"a","NodeName":"b","nodename":"c"}}`, `{"spec":{"node\u004eame":"a"}}`,
	`{"spec":{"nodeName":"a","node\u004eame":"b"}}`, `{"metadata":{"labels":{"a/b":"1","a\/b":"2"}}}`, `{"metadata":{"labels":{"a":"1","a":"2"}}}`,
	`{"metadata":{"annotations":{"a":"\u0041\n\t\"\\\/\b\f\r","\u00e9":"\ud83d\ude00","c":"\ud800"}}}`,
	"{\"spec\":{\"nodeName\":\"\xff\"}}", "{\"spec\":{\"nodeName\":\"a\x01\"}}", "{\"sp\xffec\":{}}", `{"spec":{"nodeName":"é€😀"}}`,
	`{"spec":{"priority":1.0}}`, `{"spec":{"priority":1e3}}`, `{"spec":{"priority":-0}}`, `{"spec":{"priority":01}}`, `{"spec":{"priority":2147483648}}`,
	`{"spec":{"priority":"1"}}`, `{"spec":{"activeDeadlineSeconds":9223372036854775807,"terminationGracePeriodSeconds":-9223372036854775808}}`,
	`{"spec":{"activeDeadlineSeconds":9223372036854775808}}`, `{"spec":{"hostNetwork":"true"}}`, `{"spec":{"hostNetwork":tru}}`,
	`{"spec":{"containers":[{"ports":[{"containerPort":80}],"readinessProbe":{"httpGet":{"port":"a"},"periodSeconds":1}},{"readinessProbe":{"tcpSocket":{"port":80}}}]}}`,
	`{"spec":{"containers":[{"readinessProbe":{"tcpSocket":{"port":2147483648}}},{"readinessProbe":{"tcpSocket":{"port":1.5}}},{"readinessProbe":{"tcpSocket":{"port":null}}}]}}`,
	`{"spec":{"containers":[{"resources":{"limits":{"cpu":1,"memory":"1Gi","x":null,"y":"1e3"},"requests":{"cpu":1.5}}}]}}`, `{"spec":{"containers":[{"resources":{"limits":{"cpu":"one"}}}]}}`,
	`{"metadata":{"creationTimestamp":"2027-01-01T00:00:00Z","deletionTimestamp":null}}`, `{"metadata":{"creationTimestamp":"yesterday"}}`,
	`{"metadata":{"managedFields":7}}`, `{"metadata":{"managedFields":[{"fieldsV1":{"a":1,"a":2}}]}}`, `{"unknown":{"a":1,"a":2}}`, `{"unknown":[{"a":[[]]}],"spec":{"unknown":1}}`,
	`{"a":1}x`, `{"a":1}{}`, `{"a":1,}`, `{"a" 1}`, `{,}`, `[1,]`, `{"a":[1 2]}`, `{"a":.5}`, `{"a":-}`, `{"a":1.}`, `{"a":1e}`, `{"a":+1}`, `{"a":"`, `{"a":"\`, `{"a":"\u12`, `{"a":nul`, ``,
}

func TestUnusualObjectsAreDecodedAlike(t *testing.T) {
	taken := 0
	for _, raw := range unusual {
		if requireDecodedAlike(t, podKind, []byte(raw)) {
			taken++
		}
	}
	assert.GreaterOrEqual(t, taken, 15)
}

// Every field of every kind: one that the tape did not take would cost, and nobody would notice.
func TestATapeTakesEveryKind(t *testing.T) {
	for _, gvk := range gvks {
		raw, err := json.Marshal(filled(gvk))
		require.NoError(t, err)
		assert.True(t, requireDecodedAlike(t, gvk, raw), "%s", gvk)
	}
}

// filled is an object of a kind with something in each of its fields.
func filled(gvk schema.GroupVersionKind) Object {
	object := New(gvk)
	fill(reflect.ValueOf(object).Elem())
	return object
}

func fill(v reflect.Value) {
	switch at := v.Addr().Interface().(type) {
	case *corev1.ResourceList:
		*at = corev1.ResourceList{"cpu": resource.MustParse("1500m"), "memory": resource.MustParse("1Gi"), "example.com/gpu": resource.MustParse("1")}
		return
	case *resource.Quantity:
		*at = resource.MustParse("1500m")
		return
	case *metav1.Time:
		*at = metav1.Unix(1800000000, 0)
		return
	case *[]metav1.ManagedFieldsEntry: // they are not decoded
		return
	case *intstr.IntOrString:
		*at = intstr.FromString("http")
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("a \"b\"\n")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint8:
		v.SetUint(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	}
}

func BenchmarkTape(b *testing.B) {
	raw, err := os.ReadFile("../../webhook/testdata/big.review.json")
	require.NoError(b, err)
	var review admissionv1.AdmissionReview
	require.NoError(b, json.Unmarshal(raw, &review))
	k := kinds[podKind]
	var t tape.Tape
	require.True(b, t.Read(raw))
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !t.Read(raw) {
				b.Fatal()
			}
		}
	})
	b.Run("pod", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := k.decode(nil, t.Root().Member("request").Member("object")); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("full", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := k.decode(review.Request.Object.Raw, tape.Value{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// What a glance lets pass is what decoding lets pass, with the same metadata.
func TestAGlanceSeesTheMetadata(t *testing.T) {
	glanced := 0
	for _, gvk := range gvks {
		object := filled(gvk)
		object.GetObjectKind().SetGroupVersionKind(gvk)
		raw, err := json.Marshal(object)
		require.NoError(t, err)
		var at tape.Tape
		require.True(t, at.Read(raw))
		seen := glance(gvk, at.Root())
		if podIn(object) != nil {
			require.Nil(t, seen, "%s holds a Pod", gvk)
			continue
		}
		require.NotNil(t, seen, "%s", gvk)
		decoded, err := decode(gvk, raw, tape.Value{})
		require.NoError(t, err)
		assert.Equal(t, decoded.GetLabels(), seen.GetLabels())
		assert.Equal(t, decoded.GetName(), seen.GetName())
		assert.Equal(t, decoded.GetOwnerReferences(), seen.GetOwnerReferences())
		glanced++
	}
	assert.Greater(t, glanced, 15)
}

func TestAGlanceLetsNothingPassThatIsRefused(t *testing.T) {
	gvk := schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
	for name, raw := range map[string]string{
		"another kind":        `{"apiVersion":"v1","kind":"Secret","data":{}}`,
		"no kind":             `{"data":{}}`,
		"a number in data":    `{"apiVersion":"v1","kind":"ConfigMap","data":{"a":1}}`,
		"data that is a list": `{"apiVersion":"v1","kind":"ConfigMap","data":[]}`,
		"no base64":           `{"apiVersion":"v1","kind":"ConfigMap","binaryData":{"a":"?"}}`,
		"a label of a number": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"labels":{"a":1}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode(gvk, []byte(raw), tape.Value{})
			require.Error(t, err)
			var at tape.Tape
			require.True(t, at.Read([]byte(raw)))
			assert.Nil(t, glance(gvk, at.Root()))
		})
	}
}
