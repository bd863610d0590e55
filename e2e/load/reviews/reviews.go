// Package reviews holds what is sent to a webhook server to learn what reviews cost: the reviews that an
// API server sent, and others of the same shape, larger and of other kinds.
package reviews

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

const (
	// Mutate is where an API server has an object completed.
	Mutate = "/mutate"
	// Validate is where an API server has an object evaluated.
	Validate = "/validate"
)

// Workload is what an API server asks for one write: for a Pod, to complete it and to evaluate it.
type Workload struct {
	Name  string
	Calls []Call
}

// Call is one review.
type Call struct {
	Path, Kind string
	Review     []byte
}

// Read makes the workloads out of the reviews in a folder, webhook/testdata, of which small is a Pod of
// 1.5 KB and big one of 5 KB.
func Read(folder string) ([]Workload, error) {
	small, err := os.ReadFile(filepath.Join(folder, "small.review.json"))
	if err != nil {
		return nil, err
	}
	big, err := os.ReadFile(filepath.Join(folder, "big.review.json"))
	if err != nil {
		return nil, err
	}
	var review admissionv1.AdmissionReview
	var pod corev1.Pod
	if err := json.Unmarshal(big, &review); err != nil {
		return nil, fmt.Errorf("big.review.json: %w", err)
	}
	if err := json.Unmarshal(review.Request.Object.Raw, &pod); err != nil {
		return nil, fmt.Errorf("the Pod of big.review.json: %w", err)
	}
	made := maker{review.Request, &pod}
	return []Workload{
		written("pod-1.5KB", small),
		written("pod-5KB", big),
		made.pod("pod-30KB", made.grown(24)),
		made.pod("pod-100KB", made.grown(84)),
		made.deployment("deployment", nil),
		made.deployment("update", made.deploymentOf("registry.example.com/shop/checkout:2.18.2")),
		made.configMap("configmap-500KB", 500_000),
		made.pod("pod-admitted", made.grown(6)),
		made.pod("pod-refused-25", made.broken(6)),
	}, nil
}

// Mixed is what a cluster sends in a while: of the workloads that there are, Pods of 5 KB mostly.
func Mixed(all []Workload) Workload {
	mix := Workload{Name: "mix"}
	for _, part := range []struct {
		name  string
		times int
	}{{"pod-5KB", 10}, {"pod-1.5KB", 3}, {"pod-30KB", 1}, {"deployment", 3}, {"update", 2}, {"pod-refused-25", 1}} {
		for _, w := range all {
			for range part.times {
				if w.Name == part.name {
					mix.Calls = append(mix.Calls, w.Calls...)
				}
			}
		}
	}
	return mix
}

// written is a Pod as an API server wrote its review.
func written(name string, review []byte) Workload {
	return Workload{name, []Call{{Mutate, "Pod", review}, {Validate, "Pod", review}}}
}

// maker makes reviews in the shape of one that an API server sent.
type maker struct {
	request *admissionv1.AdmissionRequest
	pattern *corev1.Pod
}

func (m maker) pod(name string, pod *corev1.Pod) Workload {
	return written(name, m.review(metav1.GroupVersionKind{Version: "v1", Kind: "Pod"}, "pods", pod, nil))
}

// review is marshalled from the types, whose fields have the order in which an API server writes them.
func (m maker) review(kind metav1.GroupVersionKind, resource string, object, old runtime.Object) []byte {
	request := *m.request
	request.Kind, request.RequestKind = kind, &kind
	request.Resource = metav1.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: resource}
	request.RequestResource = &request.Resource
	request.Object.Raw = marshal(object)
	if old != nil {
		request.Operation = admissionv1.Update
		request.OldObject.Raw = marshal(old)
		request.Options.Raw = []byte(`{"kind":"UpdateOptions","apiVersion":"meta.k8s.io/v1"}`)
	}
	return marshal(&admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{Kind: "AdmissionReview", APIVersion: "admission.k8s.io/v1"}, Request: &request,
	})
}

// Objects of Kubernetes' types can all be marshalled.
func marshal(object any) []byte {
	text, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	return text
}
