package validators

import (
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "read-write-once-pod",
	Summary: "PersistentVolumeClaims that are ReadWriteOnce, not ReadWriteOncePod",
	Doc: `
ReadWriteOnce means one node, not one Pod: two Pods of that node may write to
the volume together, and a database that relies on being alone is damaged.

    accessModes: [ReadWriteOncePod]

The volume must come from a CSI driver. Where the Pods of a node are meant to
share a volume, exempt its claim. Claims in the templates of StatefulSets and
of ephemeral volumes are checked too.
`,
	Severity:   Low,
	References: params.Refs(params.Kyverno, "enforce-readwriteonce-pod"),
	Resources:  claimsAndTemplates,
	New:        withoutParameters(mustBeReadWriteOncePod),
})

func mustBeReadWriteOncePod(r *workload.Review) (findings []Finding) {
	for c := range claims(r) {
		for i, mode := range c.spec.AccessModes {
			if mode != corev1.ReadWriteOnce {
				continue
			}
			path := c.path().Child("spec", "accessModes").Item(i, string(mode))
			f := notSupported(path, string(mode), "must be ReadWriteOncePod")
			if len(c.spec.AccessModes) == 1 { // it must be alone
				f.Fix = []workload.Operation{workload.Replace(path, string(corev1.ReadWriteOncePod))}
			}
			findings = append(findings, f)
		}
	}
	return findings
}
