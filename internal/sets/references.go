package sets

import (
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// Reference is the name of another object of the namespace, and where it stands.
type Reference struct {
	Kind, Name string
	// Path is a JSON Pointer. Most objects have theirs in the same few places.
	Path string
}

// The kinds that Pods refer to by name.
const (
	ConfigMap = "ConfigMap"
	Secret    = "Secret"
	Claim     = "PersistentVolumeClaim"
)

// references collects those that must be there.
type references []Reference

func (r *references) add(kind, name string, optional *bool, at *workload.Path, names ...string) {
	if name != "" && (optional == nil || !*optional) {
		*r = append(*r, Reference{kind, name, shared(at.Child(names...).Pointer())})
	}
}

func podReferences(pod *workload.Pod) []Reference {
	var all references
	spec := pod.SpecPath()
	for i := range pod.Spec.Volumes {
		all.volume(&pod.Spec.Volumes[i], spec.Child("volumes").Item(i, ""))
	}
	for container := range pod.AllContainers() {
		all.container(container)
	}
	for i, secret := range pod.Spec.ImagePullSecrets {
		all.add(Secret, secret.Name, nil, spec.Child("imagePullSecrets").Item(i, ""), "name")
	}
	return all
}

func (r *references) container(c workload.Container) {
	for i := range c.EnvFrom {
		at := c.Path().Child("envFrom").Item(i, "")
		if from := c.EnvFrom[i].ConfigMapRef; from != nil {
			r.add(ConfigMap, from.Name, from.Optional, at, "configMapRef", "name")
		}
		if from := c.EnvFrom[i].SecretRef; from != nil {
			r.add(Secret, from.Name, from.Optional, at, "secretRef", "name")
		}
	}
	for i := range c.Env {
		from := c.Env[i].ValueFrom
		if from == nil {
			continue
		}
		at := c.Path().Child("env").Item(i, "").Child("valueFrom")
		if from.ConfigMapKeyRef != nil {
			r.add(ConfigMap, from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Optional, at, "configMapKeyRef", "name")
		}
		if from.SecretKeyRef != nil {
			r.add(Secret, from.SecretKeyRef.Name, from.SecretKeyRef.Optional, at, "secretKeyRef", "name")
		}
	}
}

func (r *references) volume(v *corev1.Volume, at *workload.Path) {
	if v.ConfigMap != nil {
		r.add(ConfigMap, v.ConfigMap.Name, v.ConfigMap.Optional, at, "configMap", "name")
	}
	if v.Secret != nil {
		r.add(Secret, v.Secret.SecretName, v.Secret.Optional, at, "secret", "secretName")
	}
	if v.PersistentVolumeClaim != nil {
		r.add(Claim, v.PersistentVolumeClaim.ClaimName, nil, at, "persistentVolumeClaim", "claimName")
	}
	if v.CSI != nil && v.CSI.NodePublishSecretRef != nil {
		r.add(Secret, v.CSI.NodePublishSecretRef.Name, nil, at, "csi", "nodePublishSecretRef", "name")
	}
	if v.Projected == nil {
		return
	}
	for i, source := range v.Projected.Sources {
		at := at.Child("projected", "sources").Item(i, "")
		if source.ConfigMap != nil {
			r.add(ConfigMap, source.ConfigMap.Name, source.ConfigMap.Optional, at, "configMap", "name")
		}
		if source.Secret != nil {
			r.add(Secret, source.Secret.Name, source.Secret.Optional, at, "secret", "name")
		}
	}
}
