package mutators

import (
	"regexp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/workload"
)

// takesEnv tells whether a container gets environment variables: all that run
// as long as the Pod does, and the init containers when asked.
func takesEnv(c workload.Container, initContainers bool) bool {
	return initContainers || c.LongRunning()
}

// fromField is a variable whose value is one of the Pod's fields.
func fromField(name, path string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}}
}

// fieldPath are the fields that the API server allows in a variable.
var fieldPath = regexp.MustCompile(`^(metadata\.(name|namespace|uid|(labels|annotations)\['[^']+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$`)

// validateEnv finds what the API server would refuse: it would refuse every Pod.
func validateEnv(env *corev1.EnvVar, at *field.Path) (mistakes field.ErrorList) {
	if len(validation.IsEnvVarName(env.Name)) > 0 {
		mistakes = append(mistakes, field.Invalid(at.Child("name"), env.Name, "must be the name of an environment variable, such as TZ"))
	}
	from := env.ValueFrom
	if from == nil {
		return mistakes
	}
	at = at.Child("valueFrom")
	if env.Value != "" {
		mistakes = append(mistakes, field.Forbidden(at, "must not be set beside value"))
	}
	sources := 0
	if ref := from.FieldRef; ref != nil {
		sources++
		if !fieldPath.MatchString(ref.FieldPath) || ref.APIVersion != "" && ref.APIVersion != "v1" {
			mistakes = append(mistakes, field.Invalid(at.Child("fieldRef", "fieldPath"), ref.FieldPath, "must be a field of the Pod, such as metadata.name"))
		}
	}
	if ref := from.ConfigMapKeyRef; ref != nil {
		sources++
		mistakes = append(mistakes, validateKey(ref.Name, ref.Key, at.Child("configMapKeyRef"), "a ConfigMap")...)
	}
	if ref := from.SecretKeyRef; ref != nil {
		sources++
		mistakes = append(mistakes, validateKey(ref.Name, ref.Key, at.Child("secretKeyRef"), "a Secret")...)
	}
	if sources != 1 || from.ResourceFieldRef != nil || from.FileKeyRef != nil {
		mistakes = append(mistakes, field.Invalid(at, field.OmitValueType{}, "must be one of fieldRef, configMapKeyRef and secretKeyRef"))
	}
	return mistakes
}

func validateKey(name, key string, at *field.Path, kind string) field.ErrorList {
	mistakes := requireObjectName(name, at.Child("name"), kind)
	if len(validation.IsConfigMapKey(key)) > 0 {
		mistakes = append(mistakes, field.Invalid(at.Child("key"), key, "must be a key of "+kind))
	}
	return mistakes
}
