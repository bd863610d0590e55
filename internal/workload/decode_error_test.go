package workload

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/tape"
)

func TestDecodeError(t *testing.T) {
	for name, test := range map[string]struct{ raw, pointer, text string }{
		"a number for a string": {
			`{"spec":{"containers":[{"name":1}]}}`, "/spec/containers/0/name", "spec.containers[0].name: must be a string, is a number",
		},
		"a mapping for a list": {`{"spec":{"containers":{}}}`, "/spec/containers", "spec.containers: must be a list, is a mapping"},
		"a list for a mapping": {`{"spec":[]}`, "/spec", "spec: must be a mapping, is a list"},
		"a string for a boolean": {
			`{"spec":{"hostNetwork":"true"}}`, "/spec/hostNetwork", "spec.hostNetwork: must be a boolean, is a string",
		},
		"a boolean for an integer": {
			`{"spec":{"terminationGracePeriodSeconds":true}}`, "/spec/terminationGracePeriodSeconds",
			"spec.terminationGracePeriodSeconds: must be an integer, is a boolean",
		},
		"a fraction for an integer": {
			`{"spec":{"terminationGracePeriodSeconds":1.5}}`, "/spec/terminationGracePeriodSeconds",
			"spec.terminationGracePeriodSeconds: must be an integer, is 1.5",
		},
		"too large": {
			`{"spec":{"priority":99999999999}}`, "/spec/priority", "spec.priority: must be a smaller number",
		},
		"a key of a map": {
			`{"metadata":{"labels":{"a.b/c":1}}}`, "/metadata/labels/a.b~1c", "metadata.labels[a.b/c]: must be a string, is a number",
		},
		"a name twice": {
			`{"spec":{"nodeName":"a","nodeName":"b"}}`, "/spec/nodeName", "spec.nodeName: must not be there twice",
		},
		"the object": {`[]`, "", "must be a mapping, is a list"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := into[corev1.Pod]().decode([]byte(test.raw), tape.Value{})
			var wrong *DecodeError
			require.ErrorAs(t, err, &wrong)
			assert.Equal(t, test.pointer, wrong.Pointer)
			assert.EqualError(t, wrong, test.text)
		})
	}
}
