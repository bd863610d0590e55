package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "storage-class",
	Summary: "PersistentVolumeClaims without a storage class, or with another than these",
	Doc: `
The class decides what a volume costs, whether it is encrypted and backed up,
and whether it outlives its claim.

    storageClassName: fast-encrypted

Name the classes that teams may use:

    allowed: [standard, fast-encrypted]

The empty class "", which binds volumes that were made by hand, is allowed
where it is listed. Claims in the templates of StatefulSets and of ephemeral
volumes are checked too; there the cluster's default class is not filled in yet,
and must be named. The old annotation volume.beta.kubernetes.io/storage-class
still outweighs the field, and is checked in its place.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-storageclass"),
		params.Refs(params.Gatekeeper, "K8sStorageClass"),
	),
	Resources: slices.Concat(reading(Annotations, claimsAndTemplates[0]), podsAndTemplates),
	New:       newStorageClass,
})

type storageClass struct {
	Allowed []string `json:"allowed" doc:"Classes that are allowed. Without any, any class will do, but one must be named."`
}

func newStorageClass(decode params.Decode) (Validate, error) {
	var p storageClass
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	for i, name := range p.Allowed {
		if name != "" {
			mistakes = append(mistakes, checkName(name, field.NewPath("allowed").Index(i))...)
		}
	}
	detail := "must be set"
	if len(p.Allowed) > 0 {
		detail = "must be " + oneOf(p.Allowed)
	}
	return func(r *workload.Review) (findings []Finding) {
		for c := range claims(r) {
			name, annotated := c.meta.Annotations[corev1.BetaStorageClassAnnotation]
			if !annotated && c.spec.StorageClassName != nil {
				name = *c.spec.StorageClassName
			}
			named := annotated || c.spec.StorageClassName != nil
			if named && (len(p.Allowed) == 0 || slices.Contains(p.Allowed, name)) {
				continue
			}
			path := c.path().Child("spec", "storageClassName")
			if annotated {
				path = c.path().Child("metadata", "annotations").Key(corev1.BetaStorageClassAnnotation)
			}
			f := required(path, detail)
			if named {
				f = notSupported(path, name, detail)
			}
			if len(p.Allowed) == 1 {
				f.Fix = []workload.Operation{workload.Add(path, p.Allowed[0])}
			}
			// Which of the two names the class makes no difference to it.
			findings = append(findings, f.about(c.path().Child("class")))
		}
		return findings
	}, mistakes.ToAggregate()
}
