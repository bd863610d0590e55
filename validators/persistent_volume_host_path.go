package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "persistent-volume-host-path",
	Summary: "PersistentVolumes on a hostPath",
	Doc: `
A PersistentVolume on a hostPath is a folder of whichever node the Pod happens
to run on. Its data stays behind when the Pod moves, and whoever claims it
reads and writes the node's files past every check on hostPath volumes of Pods.

Use a storage class of a CSI driver, or local volumes with nodeAffinity:

    spec:
      storageClassName: local
      local: {path: /mnt/disks/ssd1}
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.Kyverno, "limit-hostpath-type-pv"),
		params.Refs(params.KRail, "persistent_volume_no_host_path"),
	),
	Resources: []Resource{written(corev1.SchemeGroupVersion, "persistentvolumes")},
	New:       withoutParameters(mustNotBeOnHostPath),
})

func mustNotBeOnHostPath(r *workload.Review) []Finding {
	volume, ok := r.Object.(*corev1.PersistentVolume)
	if !ok || volume.Spec.HostPath == nil {
		return nil
	}
	f := forbidden((*workload.Path)(nil).Child("spec", "hostPath"), "must not be set")
	return []Finding{f.spans(mountable(cleanHostPath(volume.Spec.HostPath.Path)))}
}
