package guardrail

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/dice"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// wholeCatalogue is a guardrail with every check and every default, each with
// the parameters of the fixture that has the most of them.
func wholeCatalogue(tb testing.TB) v1alpha1.GuardrailSpec {
	tb.Helper()
	var spec v1alpha1.GuardrailSpec
	for _, m := range mutators.All() {
		spec.Mutators = append(spec.Mutators, v1alpha1.Mutator{Name: m.Name, Params: mostParameters(tb, mutators.Fixtures, m.Name)})
	}
	for _, v := range validators.All() {
		params := mostParameters(tb, validators.Fixtures, v.Name)
		if v.Name == "pod-security" {
			params = &runtime.RawExtension{Raw: []byte(`{"level":"restricted"}`)}
		}
		spec.Validators = append(spec.Validators, v1alpha1.Validator{Name: v.Name, Params: params})
	}
	return spec
}

func mostParameters(tb testing.TB, fixtures fs.FS, name string) *runtime.RawExtension {
	tb.Helper()
	most := ""
	eachFixture(tb, fixtures, name, func(text string) {
		for line := range strings.Lines(text) {
			if params, found := strings.CutPrefix(line, "# params: "); found && len(params) > len(most) {
				most = params
			}
		}
	})
	if most == "" {
		return nil
	}
	raw, err := yaml.YAMLToJSON([]byte(most))
	require.NoError(tb, err)
	return &runtime.RawExtension{Raw: raw}
}

// eachFixture yields the fixtures of a check or default, or of all of them (*).
func eachFixture(tb testing.TB, fixtures fs.FS, name string, yield func(text string)) {
	tb.Helper()
	files, err := fs.Glob(fixtures, path.Join("testdata", name, "*.yaml"))
	require.NoError(tb, err)
	for _, file := range files {
		if path.Base(file) == "mistakes.yaml" {
			continue
		}
		text, err := fs.ReadFile(fixtures, file)
		require.NoError(tb, err)
		yield(string(text))
	}
}

// addObjects adds the fixtures of all checks, and dice.
func addObjects(f *testing.F) {
	f.Helper()
	eachFixture(f, validators.Fixtures, "*", func(text string) {
		object, err := yaml.YAMLToJSON([]byte(text))
		require.NoError(f, err)
		f.Add(object)
	})
	for seed := range uint64(64) {
		data := dice.Bytes(seed, 200)
		data[0] |= 0x80 // no brace
		f.Add(data)
	}
}

// holders are the kinds that hold a Pod's template, and Pods.
var holders = func() (kinds []schema.GroupVersionKind) {
	for _, gvk := range workload.Kinds() {
		if r, err := reviewOf(gvk, dice.New(nil).Template().In(gvk), nil); err == nil && r.Pod != nil {
			kinds = append(kinds, gvk)
		}
	}
	slices.SortFunc(kinds, func(a, b schema.GroupVersionKind) int { return strings.Compare(a.Kind, b.Kind) })
	return kinds
}()

// anObject makes a review of what an input stands for: a document that begins
// with a brace, or the dice that a Pod or a template is made with, and sometimes
// its old object. It returns nil where that is no object.
func anObject(input []byte) *workload.Review {
	if bytes.HasPrefix(input, []byte("{")) {
		var head metav1.TypeMeta
		if json.Unmarshal(input, &head) != nil {
			return nil
		}
		return orNil(reviewOf(head.GroupVersionKind(), input, nil))
	}
	d := dice.Wild(input)
	kind, update := holders[d.Roll(len(holders))], d.Roll(3) == 1
	object, old := d.Template().In(kind), []byte(nil)
	if update {
		old = d.Template().In(kind)
	}
	return orNil(reviewOf(kind, object, old))
}

func orNil(r *workload.Review, err error) *workload.Review {
	if err != nil {
		return nil
	}
	return r
}

// reviewOf is the review of a creation or, with an old object, of an update.
func reviewOf(gvk schema.GroupVersionKind, object, old []byte) (*workload.Review, error) {
	resource, namespaced := workload.ResourceFor(gvk)
	request := &admissionv1.AdmissionRequest{
		UID: "u", Kind: metav1.GroupVersionKind(gvk), Resource: metav1.GroupVersionResource(resource), Operation: admissionv1.Create,
		Object: runtime.RawExtension{Raw: object}, OldObject: runtime.RawExtension{Raw: old},
	}
	if old != nil {
		request.Operation = admissionv1.Update
	}
	if namespaced {
		request.Namespace = "shop"
	}
	return workload.NewReview(request)
}

func decided(t *testing.T, set *Set, r *workload.Review) Decision {
	t.Helper()
	d, err := set.Validate(context.Background(), r)
	require.NoError(t, err)
	require.Empty(t, d.Errors)
	return d
}

// verdict is what is found and what follows, a finding a line, in no order and
// whatever the name of the guardrail.
func verdict(findings []*Finding) (lines []string) {
	for _, f := range findings {
		lines = append(lines, string(f.Action)+" "+found(f))
	}
	slices.Sort(lines)
	return lines
}

// found is what is found, whatever follows.
func found(f *Finding) string {
	return fmt.Sprintf("%s/%s %s %s", f.Validator, f.Control, f.Path, f.Message())
}
