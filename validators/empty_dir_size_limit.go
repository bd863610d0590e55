package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "empty-dir-size-limit",
	Summary: "emptyDir volumes without a sizeLimit, or with one above the most",
	Doc: `
An emptyDir without a limit may fill the disk of its node, or half of the
node's memory where its medium is Memory, and the kubelet then evicts whom it
finds. With one, only the Pod that writes too much is evicted.

    volumes:
    - name: tmp
      emptyDir: {sizeLimit: 500Mi}

A limit of zero is none. A volume without any source becomes an emptyDir, and
is checked as one.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-emptydir-requests-limits"),
		params.Refs(params.Gatekeeper, "K8sVolumeRequests"),
		params.Refs(params.KRail, "pod_empty_dir_size_limit"),
	),
	Resources: podsAndTemplates,
	New:       newEmptyDirSizeLimit,
})

type emptyDirSizeLimit struct {
	Max params.Quantity `json:"max" doc:"The most that a sizeLimit may be. Without it, any will do."`
}

func newEmptyDirSizeLimit(decode params.Decode) (Validate, error) {
	var p emptyDirSizeLimit
	if err := decode(&p); err != nil {
		return nil, err
	}
	most, mistakes := bound(p.Max, field.NewPath("max"))
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for i := range pod.Spec.Volumes {
			volume := &pod.Spec.Volumes[i]
			if volume.EmptyDir == nil && (!pod.NeverAdmitted() || volume.VolumeSource != corev1.VolumeSource{}) {
				continue
			}
			size := sizeLimit(volume.EmptyDir)
			if size.Sign() > 0 && (most == nil || size.Cmp(*most) <= 0) {
				continue
			}
			source := pod.SpecPath().Child("volumes").Item(i, volume.Name).Child("emptyDir")
			f := sizeFault(source.Child("sizeLimit"), size, most)
			if most != nil {
				f.Fix = []workload.Operation{setSizeLimit(source, volume.EmptyDir, most)}
			}
			findings = append(findings, f)
		}
		return findings
	}), mistakes.ToAggregate()
}

func sizeLimit(source *corev1.EmptyDirVolumeSource) (size resource.Quantity) {
	if source != nil && source.SizeLimit != nil {
		size = *source.SizeLimit
	}
	return size
}

func setSizeLimit(path *workload.Path, there *corev1.EmptyDirVolumeSource, size *resource.Quantity) workload.Operation {
	if there == nil {
		return workload.Add(path, map[string]string{"sizeLimit": size.String()})
	}
	return workload.Add(path.Child("sizeLimit"), size.String())
}
