package validators

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "denied-annotations",
	Summary: "objects with these annotations",
	Doc: `
Annotations are commands to whoever reads them: an ingress controller, a cloud
provider, a service mesh. Some of them give away more than the object could do
by its fields, and no field's check sees them.

    keys: [iam.amazonaws.com/role, "sidecar.istio.io/*"]

A star stands for any characters. The templates of workloads are checked too;
name kinds to look at no others:

    kinds: [Ingress, Service]
`,
	Severity:   Medium,
	References: params.Refs(params.Kyverno, "restrict-annotations"),
	Resources:  annotated,
	Narrow:     deniedAmong(annotated),
	New:        newDeniedKeys("annotations", metav1.Object.GetAnnotations),
})
