package workload

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// What is written by hand is what the encoder writes.
func TestAPatchIsWrittenAsTheEncoderWritesIt(t *testing.T) {
	no := false
	values := []any{
		nil, "", "a \"b\"\n<&>é\u2028", true, false, int64(-7), int64(0),
		map[string]any{},
		map[string]any(nil),
		map[string]any{"b": map[string]any{"drop": []corev1.Capability{"ALL"}}, "a": "x", "\"": nil, "c": int64(1)},
		[]any{map[string]any{"name": "a"}},
		[]any{},
		1.5, int32(3), 7, &no, (*bool)(nil),
		corev1.SeccompProfileTypeRuntimeDefault,
		corev1.Volume{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		resource.MustParse("1500m"),
		map[string]string{"b": "2", "a": "1"},
		corev1.EnvVar{Name: "A", Value: "b"},
	}
	var operations []Operation
	for i, value := range values {
		op := Operation{Op: "add", Path: "/a~1b/é/" + string(rune('a'+i)), Value: value}
		got, err := EncodePatch([]Operation{op})
		require.NoError(t, err)
		want, err := encode([]Operation{op})
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "%#v", value)
		operations = append(operations, op)
	}
	for _, some := range [][]Operation{nil, {}, operations} {
		got, err := EncodePatch(some)
		require.NoError(t, err)
		want, err := encode(some)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got))
	}
}

func TestAPatchThatIsNoUTF8IsNotWritten(t *testing.T) {
	for _, op := range []Operation{
		{Op: "add", Path: "/\xff"},
		{Op: "add", Path: "/a", Value: "\xff"},
		{Op: "add", Path: "/a", Value: map[string]any{"\xff": true}},
		{Op: "add", Path: "/a", Value: map[string]any{"a": []any{"\xff"}}},
	} {
		_, err := EncodePatch([]Operation{op})
		assert.Error(t, err, "%q", op)
	}
}
