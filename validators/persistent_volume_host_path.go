package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

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

Directories that are allowed, with all that lies below them:

    paths: [/data]
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.Kyverno, "limit-hostpath-type-pv"),
		params.Refs(params.KRail, "persistent_volume_no_host_path"),
	),
	Resources: only(`object.?spec.?hostPath.hasValue()`, written(corev1.SchemeGroupVersion, "persistentvolumes")),
	New:       newPersistentVolumeHostPath,
})

type persistentVolumeHostPath struct {
	Paths []string `json:"paths" doc:"Directories that are allowed, with all that lies below them."`
}

func newPersistentVolumeHostPath(decode params.Decode) (Validate, error) {
	var p persistentVolumeHostPath
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	var allowed []string
	for i, text := range p.Paths {
		at, mistake := parseNodePath(text, field.NewPath("paths").Index(i))
		if mistake != nil {
			mistakes = append(mistakes, mistake)
		}
		allowed = append(allowed, at)
	}
	return func(r *workload.Review) []Finding {
		volume, ok := r.Object.(*corev1.PersistentVolume)
		if !ok || volume.Spec.HostPath == nil {
			return nil
		}
		text := volume.Spec.HostPath.Path
		at := cleanHostPath(text)
		if !readTwoWays(text) && slices.ContainsFunc(allowed, func(dir string) bool { return within(at, dir, identical) }) {
			return nil
		}
		path := (*workload.Path)(nil).Child("spec", "hostPath")
		if len(allowed) == 0 {
			return []Finding{forbidden(path, "must not be set").spans(mountable(at))}
		}
		return []Finding{invalid(path.Child("path"), text, "must be in "+oneOf(p.Paths)).spans(mountable(at))}
	}, mistakes.ToAggregate()
}
