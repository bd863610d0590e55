package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/steps"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// together prints every check over a set whose cost grows faster than the set: that of each of its
// fixtures, over and over in one namespace, each time by other names.
func together() (faults int, err error) {
	for _, v := range validators.All() {
		if v.OverSet == nil {
			continue
		}
		files, err := fs.Glob(validators.Fixtures, "testdata/sets/"+v.Name+"/*.yaml")
		if err != nil {
			return faults, err
		}
		for _, file := range files {
			text, err := fs.ReadFile(validators.Fixtures, file)
			if err != nil {
				return faults, err
			}
			faulty, err := growsTooFast(v, file, text)
			if err != nil {
				return faults, fmt.Errorf("%s: %w", file, err)
			}
			if faulty {
				faults++
			}
		}
	}
	return faults, nil
}

func growsTooFast(v validators.Validator, file string, text []byte) (faulty bool, err error) {
	small, err := stepsOver(v, text, few)
	if err != nil {
		return false, err
	}
	large, err := stepsOver(v, text, many)
	if err != nil {
		return false, err
	}
	if float64(large) > most(many/few)*float64(small) {
		fmt.Println(file)
		fmt.Printf("    steps %d to %d\n", small, large)
		return true, nil
	}
	return false, nil
}

// stepsOver counts what a check does with so many copies of a fixture.
func stepsOver(v validators.Validator, text []byte, copies int) (uint64, error) {
	given := "{}"
	for line := range strings.Lines(string(text)) {
		if params, is := strings.CutPrefix(line, "# params: "); is {
			given = params
		}
	}
	validate, err := v.OverSet.New(func(into any) error { return yaml.UnmarshalStrict([]byte(given), into) })
	if err != nil {
		return 0, err
	}
	var reviews []*workload.Review
	for i := range copies {
		some, err := reviewsOf(bytes.ReplaceAll(text, []byte("web"), fmt.Appendf(nil, "web%05d", i)))
		if err != nil {
			return 0, err
		}
		reviews = append(reviews, some...)
	}
	count, err := steps.Of(func() {
		all := sets.New()
		for i, review := range reviews {
			all.Add(sets.Of(review, review.Request().Object.Raw, sets.At{File: int32(i)}, v.OverSet.Needs)...) //nolint:gosec // thousands
		}
		validate(all, func(_ *sets.Object, f validators.Finding) { _ = f.Message() })
	})
	return count.Total(), err
}

func reviewsOf(text []byte) (reviews []*workload.Review, err error) {
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		raw, err := yaml.YAMLToJSON(document)
		if err != nil {
			return nil, err
		}
		var meta metav1.PartialObjectMetadata
		if err := json.Unmarshal(raw, &meta); err != nil {
			return nil, err
		}
		resource, namespaced := workload.ResourceFor(meta.GroupVersionKind())
		request := &admissionv1.AdmissionRequest{
			Operation: admissionv1.Create, Kind: metav1.GroupVersionKind(meta.GroupVersionKind()),
			Resource: metav1.GroupVersionResource(resource), Name: meta.Name, Object: runtime.RawExtension{Raw: raw},
		}
		if namespaced {
			request.Namespace = cmp.Or(meta.Namespace, "shop")
		}
		review, err := workload.NewReview(request)
		if err != nil {
			return nil, err
		}
		reviews = append(reviews, review)
	}
	return reviews, nil
}
