//go:build e2e

package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// checkFixture is a file of validators/testdata: an object, and in its comments
// how it is judged and what is found. validators_test.go says what they mean.
type checkFixture struct {
	check, name     string
	object, old     *unstructured.Unstructured
	params          map[string]any
	operation       string
	subresource     string
	namespaceLabels map[string]string
	options         map[string]any
	namespace       string
	want            []string
	apiServer       string // what the API server says before any webhook
	refused         bool   // it has said so of the Namespace
}

func readCheckFixtures(t *testing.T) []checkFixture {
	t.Helper()
	files, err := filepath.Glob("../validators/testdata/*/*.yaml")
	require.NoError(t, err)
	var all []checkFixture
	for _, file := range files {
		if base := filepath.Base(file); strings.HasPrefix(base, "pass-") || strings.HasPrefix(base, "fail-") {
			all = append(all, readCheckFixture(t, file))
		}
	}
	require.NotEmpty(t, all)
	return all
}

func readCheckFixture(t *testing.T, file string) checkFixture {
	t.Helper()
	folder := filepath.Dir(file)
	f := checkFixture{
		check: filepath.Base(folder), name: filepath.Base(file),
		operation: "CREATE", object: readUnstructured(t, file),
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		comment, isComment := strings.CutPrefix(strings.TrimSpace(line), "# ")
		if !isComment {
			continue
		}
		directive, value, _ := strings.Cut(comment, ": ")
		switch directive {
		case "want":
			if action, finding, overridden := strings.Cut(value, "] "); overridden && strings.HasPrefix(action, "[") {
				value = finding // the check chose the action itself
			}
			f.want = append(f.want, value)
		case "operation":
			f.operation = value
		case "old":
			f.old = readUnstructured(t, filepath.Join(folder, value))
		case "subresource":
			f.subresource = value
		case "namespace":
			f.namespace = value
		case "api-server":
			f.apiServer = value
		case "params":
			require.NoError(t, yaml.Unmarshal([]byte(value), &f.params), file)
		case "options":
			require.NoError(t, yaml.Unmarshal([]byte(value), &f.options), file)
		case "namespace-labels":
			require.NoError(t, yaml.Unmarshal([]byte(value), &f.namespaceLabels), file)
		}
	}
	slices.Sort(f.want)
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

// marked labels the objects, for a guardrail that selects by it.
func (f *checkFixture) marked(key, value string) {
	for _, object := range []*unstructured.Unstructured{f.object, f.old} {
		if object != nil {
			labels := maps.Clone(object.GetLabels())
			if labels == nil {
				labels = map[string]string{}
			}
			labels[key] = value
			object.SetLabels(labels)
		}
	}
}
