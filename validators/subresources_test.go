package validators

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/workload"
)

// unseen is what a check reads and does not look at in a subresource: a Scale
// shows neither the template nor the strategy, and to refuse every scaling would
// stop autoscalers. The object is evaluated at its next change.
var unseen = map[string]Part{"rolling-update": Replicas, "topology-spread": Replicas}

// What a check reads is found by taking it away: where that changes what is
// found, every subresource that writes it must be one that the check looks at.
func TestChecksLookAtEverySubresourceThatWritesWhatTheyRead(t *testing.T) {
	seen := 0
	for _, v := range ofOneObject() {
		files, err := filepath.Glob(filepath.Join("testdata", v.Name, "*.yaml"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasPrefix(filepath.Base(file), "old-") {
				continue
			}
			f := readFixture(t, file)
			for part := range partFields {
				r := f.review(t, f.object)
				if f.operation == admissionv1.Connect || f.operation == admissionv1.Delete || !f.reads(t, v, part) {
					continue
				}
				for name, parts := range subresources[r.Resource.GroupResource()] {
					if unseen[v.Name] == part || !slices.Contains(parts, part) {
						continue
					}
					seen++
					assert.True(t, looksAt(v, r, name), "%s: it reads %s, which %s/%s writes", file, part, r.GroupResource(), name)
				}
			}
		}
	}
	assert.Greater(t, seen, 50)
}

// partFields are where a part lies in an object.
var partFields = map[Part][]string{
	Labels:      {"metadata", "labels"},
	Annotations: {"metadata", "annotations"},
	Owners:      {"metadata", "ownerReferences"},
	Node:        {"spec", "nodeName"},
	Replicas:    {"spec", "replicas"},
	Status:      {"status"},
}

// reads tells whether other things are found without the part.
func (f fixture) reads(t *testing.T, v Validator, part Part) bool {
	t.Helper()
	var object unstructured.Unstructured
	require.NoError(t, object.UnmarshalJSON(f.object))
	unstructured.RemoveNestedField(object.Object, partFields[part]...)
	without, err := json.Marshal(object.Object)
	require.NoError(t, err)
	validate, err := v.New(decoder(string(f.params)))
	require.NoError(t, err)
	found, left := render(validate(f.review(t, f.object))), render(validate(f.review(t, without)))
	slices.Sort(found)
	slices.Sort(left)
	return !slices.Equal(found, left)
}

// looksAt asks as a review of a subresource would.
func looksAt(v Validator, of *workload.Review, subresource string) bool {
	r := *of
	r.Subresource, r.Operation = subresource, admissionv1.Update
	if subresource == "binding" {
		r.Operation = admissionv1.Create
		r.Kind = corev1.SchemeGroupVersion.WithKind("Binding")
	}
	return slices.ContainsFunc(v.Resources, func(resource Resource) bool { return resource.Matches(&r) })
}

// The table is what the API server does: the page is made by trying.
func TestTheTableOfSubresourcesIsThatOfTheAPIServer(t *testing.T) {
	page, err := os.ReadFile("../docs/reference/subresources.md")
	require.NoError(t, err)
	tried := map[schema.GroupResource]map[string][]string{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 || !strings.Contains(cells[1], "`") {
			continue
		}
		resource, subresource, _ := strings.Cut(strings.Trim(cells[1], " `"), "/")
		group := schema.ParseGroupResource(resource)
		if tried[group] == nil {
			tried[group] = map[string][]string{}
		}
		tried[group][subresource] = strings.Split(strings.Trim(cells[3], " "), ", ")
	}
	require.NotEmpty(t, tried)
	for _, gvk := range workload.Kinds() {
		gvr, _ := workload.ResourceFor(gvk)
		group := gvr.GroupResource()
		for name, writes := range tried[group] {
			for part, text := range partsOfPage {
				assert.Equal(t, slices.Contains(writes, text), slices.Contains(subresources[group][name], part), "%s/%s writes %s", group, name, part)
			}
		}
		assert.Subset(t, slices.Collect(maps.Keys(tried[group])), slices.Collect(maps.Keys(subresources[group])), group)
	}
}

// partsOfPage are the parts as the page calls them.
var partsOfPage = map[Part]string{
	Labels: "labels", Annotations: "annotations", Owners: "ownerReferences",
	Spec: "spec", Node: "spec.nodeName", Replicas: "spec.replicas", Status: "status",
}
