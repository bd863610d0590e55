//go:build e2e && !kind

package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// What `taffrail check` makes of an object before it looks at it (internal/defaulting), an API
// server makes of it: the fixtures there are sent, and what comes back is what its tests expect.
func TestGoldenDefaulting(t *testing.T) {
	t.Parallel()
	// They add what depends on the cluster.
	useControlPlane(t, map[string][]string{"disable-admission-plugins": {"DefaultTolerationSeconds", "Priority", "StorageObjectInUseProtection", "TaintNodesByCondition"}})
	mapper := newMapper(t)
	files, err := filepath.Glob("../internal/defaulting/testdata/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			object := readUnstructured(t, file)
			mapping, err := mappingOf(mapper, object)
			require.NoError(t, err)
			if mapping.Scope.Name() == "namespace" {
				object.SetNamespace(metav1.NamespaceDefault)
			}
			resource, err := resourceOf(mapper, cluster(t).config, object)
			require.NoError(t, err)
			completed, err := resource.Create(background, object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
			text := []byte(fmt.Sprintln(err)) // a version without one of the fields
			if err == nil {
				withoutTheClusters(completed)
				text, err = yaml.Marshal(completed.Object)
				require.NoError(t, err)
			}

			golden := filepath.Join(filepath.Dir(file), "completed", filepath.Base(file))
			if other := cluster(t).ofVersion("defaulting/" + filepath.Base(file)); exists(other) {
				golden = other
			}
			if *update {
				require.NoError(t, os.WriteFile(golden, text, 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(text), "Kubernetes has other defaults: mend internal/defaulting")
		})
	}
}

// withoutTheClusters leaves out what a cluster gives to each object of its own, and the status,
// which nobody sets with an object.
func withoutTheClusters(object *unstructured.Unstructured) {
	remove := func(path ...string) { unstructured.RemoveNestedField(object.Object, path...) }
	remove("status")
	withoutNulls(object.Object) // creationTimestamp of templates, up to 1.33
	for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "namespace"} {
		remove("metadata", field)
	}
	switch object.GetKind() {
	case "Service":
		for _, field := range []string{"clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"} {
			remove("spec", field)
		}
		if ip, _, _ := unstructured.NestedString(object.Object, "spec", "clusterIP"); ip != "None" {
			remove("spec", "clusterIP")
		}
		ports, _, _ := unstructured.NestedSlice(object.Object, "spec", "ports")
		for _, port := range ports {
			delete(port.(map[string]any), "nodePort")
		}
		if ports != nil {
			_ = unstructured.SetNestedSlice(object.Object, ports, "spec", "ports")
		}
	case "Job":
		remove("spec", "selector")
		for _, labels := range [][]string{{"metadata", "labels"}, {"spec", "template", "metadata", "labels"}} {
			for _, label := range []string{"controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"} {
				remove(append(labels, label)...)
			}
			if left, _, _ := unstructured.NestedMap(object.Object, labels...); len(left) == 0 {
				remove(labels...)
			}
		}
	}
}

func withoutNulls(value any) {
	switch v := value.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(_ string, member any) bool { return member == nil })
		for _, member := range v {
			withoutNulls(member)
		}
	case []any:
		for _, item := range v {
			withoutNulls(item)
		}
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
