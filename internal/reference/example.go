package reference

import (
	"cmp"
	"encoding/json"
	"path"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// examples are chosen of the fixtures, so that each is what really happens.
func (p *Page) examples() []section {
	if p.List == Mutators {
		return p.examplePatch()
	}
	refused, found := simplest(p.failing())
	if !found {
		return nil
	}
	sections := []section{{"Refused", append(withOld(refused),
		prose("What is said of it:"),
		code{"text", strings.Join(refused.want, "\n") + "\n"},
	)}}
	if fix := p.fix(refused); fix != "" {
		sections = append(sections, section{"The fix", []any{code{"json", fix}}})
	}
	if passes, found := nearest(refused, readFixtures(validators.Fixtures, path.Join(p.folder(), "pass-*.yaml"))); found {
		sections = append(sections, section{"Passes", withOld(passes)})
	}
	return sections
}

// withOld shows a fixture and, of an update, the object as it was.
func withOld(f fixture) []any {
	blocks := []any{code{"yaml", f.text}}
	if old, err := readFixture(validators.Fixtures, f.old); err == nil {
		blocks = append(blocks, prose("The object as it was:"), code{"yaml", old.text})
	}
	return blocks
}

func (p *Page) failing() []fixture {
	return readFixtures(validators.Fixtures, path.Join(p.folder(), "fail-*.yaml"))
}

// folder is where the fixtures of a check are.
func (p *Page) folder() string {
	if p.OverSet != nil {
		return path.Join("testdata", "sets", p.Name)
	}
	return path.Join("testdata", p.Name)
}

// fix is the patch that mends the first finding that has one.
func (p *Page) fix(f fixture) string {
	if !f.plain || p.OverSet != nil {
		return ""
	}
	review, err := creation(f)
	if err != nil {
		return ""
	}
	params, err := yaml.YAMLToJSON([]byte(cmp.Or(f.params, "{}")))
	if err != nil {
		return ""
	}
	validate, err := p.validate(strictly(params))
	if err != nil {
		return ""
	}
	for _, finding := range validate(review) {
		if len(finding.Fix) > 0 {
			return patch(finding.Fix)
		}
	}
	return ""
}

// patch writes one operation a line.
func patch(operations []workload.Operation) string {
	var lines []string
	for _, operation := range operations {
		document, err := workload.EncodePatch([]workload.Operation{operation})
		if err != nil {
			return ""
		}
		lines = append(lines, "  "+strings.Trim(string(document), "[]"))
	}
	return "[\n" + strings.Join(lines, ",\n") + "\n]\n"
}

// creation is the review of a fixture that is created.
func creation(f fixture) (*workload.Review, error) {
	raw, err := yaml.YAMLToJSON([]byte(f.text))
	if err != nil {
		return nil, err
	}
	var meta metav1.PartialObjectMetadata
	if err := json.Unmarshal(raw, &meta); err != nil {
		return nil, err
	}
	gvk := schema.FromAPIVersionAndKind(meta.APIVersion, meta.Kind)
	resource, namespaced := workload.ResourceFor(gvk)
	request := &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create,
		Kind:      metav1.GroupVersionKind(gvk),
		Resource:  metav1.GroupVersionResource(resource),
		Name:      meta.Name,
		Object:    runtime.RawExtension{Raw: raw},
	}
	if namespaced {
		request.Namespace = cmp.Or(meta.Namespace, metav1.NamespaceDefault)
	}
	return workload.NewReview(request)
}

// examplePatch is a Pod, and what becomes of it.
func (p *Page) examplePatch() []section {
	var changed []fixture
	for _, f := range readFixtures(mutators.Fixtures, path.Join("testdata", p.Name, "*.yaml")) {
		golden := path.Join("testdata", p.Name, strings.TrimSuffix(f.name, ".yaml")+".patch.json")
		text, err := mutators.Fixtures.ReadFile(golden)
		if err == nil && string(text) != "[]\n" {
			f.want = []string{string(text)}
			changed = append(changed, f)
		}
	}
	before, found := simplest(changed)
	if !found {
		return nil
	}
	return []section{
		{"A Pod", []any{code{"yaml", before.text}}},
		{"The patch that it gets", []any{code{"json", before.want[0]}}},
	}
}
