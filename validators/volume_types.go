package validators

import (
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "volume-types",
	Summary: "volumes of other types than these",
	Doc: `
Some types of volumes reach past the Pod: hostPath into the node, nfs and iscsi
to any server, with no one to say whose it is. Storage that is asked for by a
PersistentVolumeClaim has an owner, a class and a quota.

    volumes:
    - name: data
      persistentVolumeClaim: {claimName: data}

What is allowed by default is what the Pod Security Standard restricted allows,
and image. Types are named as in a Pod: configMap, emptyDir. A volume without a
type is an emptyDir to Kubernetes; one of a type that is newer than Taffrail is
refused. A star allows every type. Of flexVolumes, where they are allowed, the
drivers may be named:

    allowed: [configMap, flexVolume, secret]
    flexVolumeDrivers: [example.com/lvm]
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.PSS, "Volume Types"),
		params.Refs(params.Kyverno, "disallow-all-secrets"),
		params.Refs(params.Gatekeeper, "K8sPSPVolumeTypes", "K8sPSPFlexVolumes"),
	),
	Resources: podsAndTemplates,
	New:       newVolumeTypes,
})

type volumeTypes struct {
	Allowed           []string `json:"allowed" doc:"Types of volumes, named as in a Pod; a star allows all."`
	FlexVolumeDrivers []string `json:"flexVolumeDrivers" doc:"Drivers of flexVolumes that are allowed; empty: any."`
}

// knownVolumeTypes are the types that k8s.io/api has, in the order of its fields.
var knownVolumeTypes = func() (names []string) {
	for source := range reflect.TypeFor[corev1.VolumeSource]().Fields() {
		name, _, _ := strings.Cut(source.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}()

func newVolumeTypes(decode params.Decode) (Validate, error) {
	p := volumeTypes{Allowed: []string{
		"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
	}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	allowed := make([]bool, len(knownVolumeTypes))
	for i, name := range p.Allowed {
		if name == "*" {
			allowed = slices.Repeat([]bool{true}, len(allowed))
			continue
		}
		index := slices.Index(knownVolumeTypes, name)
		if index < 0 {
			mistakes = append(mistakes, field.NotSupported(field.NewPath("allowed").Index(i), name, knownVolumeTypes))
			continue
		}
		allowed[index] = true
	}
	detail := "must be of type " + oneOf(p.Allowed)
	if len(p.Allowed) == 0 {
		detail = "must not be set"
	}
	flexVolume := slices.Index(knownVolumeTypes, "flexVolume")
	if len(p.FlexVolumeDrivers) > 0 && !allowed[flexVolume] {
		mistakes = append(mistakes, field.Invalid(field.NewPath("flexVolumeDrivers"), field.OmitValueType{}, "must not be set unless allowed has flexVolume"))
	}
	emptyDir := allowed[slices.Index(knownVolumeTypes, "emptyDir")]
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for i := range pod.Spec.Volumes {
			volume, typed := &pod.Spec.Volumes[i], false
			path := func() *workload.Path { return pod.SpecPath().Child("volumes").Item(i, volume.Name) }
			sources := reflect.ValueOf(&volume.VolumeSource).Elem()
			for j := range sources.NumField() {
				if sources.Field(j).IsNil() {
					continue
				}
				typed = true
				if !allowed[j] {
					f := forbidden(path().Child(knownVolumeTypes[j]), detail)
					f = f.spans(source(volume))
					findings = append(findings, f)
				}
			}
			if flex := volume.FlexVolume; flex != nil && allowed[flexVolume] && len(p.FlexVolumeDrivers) > 0 && !slices.Contains(p.FlexVolumeDrivers, flex.Driver) {
				findings = append(findings, invalid(path().Child("flexVolume", "driver"), flex.Driver, "must be "+oneOf(p.FlexVolumeDrivers)).spans(source(volume)))
			}
			switch {
			case typed:
			case !pod.NeverAdmitted():
				findings = append(findings, forbidden(path(), detail))
			case !emptyDir:
				findings = append(findings, forbidden(path().Child("emptyDir"), detail).spans(holds("source")))
			}
		}
		return findings
	}), mistakes.ToAggregate()
}

// source is what a volume brings in. Of a hostPath, what lies in it is less.
func source(volume *corev1.Volume) part {
	if volume.HostPath != nil {
		return mountable(cleanHostPath(volume.HostPath.Path))
	}
	_, value := workload.VolumeSource(volume)
	return holds("source", value)
}
