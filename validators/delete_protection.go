package validators

import (
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

// ProtectLabel is the label that protects an object from being deleted.
const ProtectLabel = "taffrail.dev/protect"

var _ = register(Validator{
	Name:    "delete-protection",
	Summary: `deleting objects labelled taffrail.dev/protect: "true"`,
	Doc: `
A wrong context, a wrong variable in a script: deleting is one word, and what
goes with a Namespace or a CustomResourceDefinition is all that is in it. Label
what must not go by accident:

    metadata:
      labels:
        taffrail.dev/protect: "true"

To delete it, take the label away first. Whoever may change the object may do
that: this guards against mistakes, not against malice.

    kubectl label pvc/data taffrail.dev/protect-

An object is protected from garbage collection and from its Namespace's end as
well, which then waits for it: protect the Namespace, too.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.Kyverno, "block-updates-deletes"),
		params.Refs(params.KRail, "crd_protect"),
	),
	Resources: protectable,
	New:       newDeleteProtection,
})

// protectable is what people mourn for.
var protectable = []Resource{
	deleted(corev1.SchemeGroupVersion, "namespaces"),
	deleted(schema.GroupVersion{Group: "apiextensions.k8s.io", Version: "v1"}, "customresourcedefinitions"),
	deleted(corev1.SchemeGroupVersion, "persistentvolumeclaims"),
	deleted(corev1.SchemeGroupVersion, "persistentvolumes"),
	deleted(appsv1.SchemeGroupVersion, "deployments"),
	deleted(appsv1.SchemeGroupVersion, "statefulsets"),
	deleted(corev1.SchemeGroupVersion, "services"),
}

func deleted(gv schema.GroupVersion, resource string) Resource {
	return Resource{
		GroupVersionResource: gv.WithResource(resource), Operations: []admissionv1.Operation{admissionv1.Delete}, Labelled: ProtectLabel,
	}
}

type deleteProtection struct {
	Resources []string `json:"resources" doc:"Resources that can be protected, among these."`
}

func newDeleteProtection(decode params.Decode) (Validate, error) {
	var known []string
	for _, r := range protectable {
		known = append(known, r.Resource)
	}
	p := deleteProtection{Resources: slices.Clone(known)}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	at := field.NewPath("resources")
	if len(p.Resources) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a resource"))
	}
	for i, name := range p.Resources {
		if !slices.Contains(known, name) {
			mistakes = append(mistakes, field.NotSupported(at.Index(i), name, known))
		}
	}
	return func(r *workload.Review) []Finding {
		if r.Operation != admissionv1.Delete || r.OldObject == nil || !slices.Contains(p.Resources, r.Resource.Resource) ||
			r.OldObject.GetLabels()[ProtectLabel] != "true" {
			return nil
		}
		path := (*workload.Path)(nil).Child("metadata", "labels").Key(ProtectLabel)
		return []Finding{forbidden(path, "must be taken away before the object is deleted")}
	}, mistakes.ToAggregate()
}
