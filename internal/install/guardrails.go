package install

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/names"
)

// compile makes a set of the first guardrails, or tells what is wrong with them:
// in the cluster it would be told where nobody looks yet.
func (c *Choices) compile() (*guardrail.Set, error) {
	objects := c.Guardrails
	var mistakes []error
	for i := range objects.Exemptions {
		mistakes = append(mistakes, fmt.Errorf("--guardrails: Exemption %s/%s: must be applied by itself: it needs its namespace, and the definitions",
			objects.Exemptions[i].Namespace, objects.Exemptions[i].Name))
	}
	if len(objects.Guardrails) == 0 {
		objects = guardrail.Default()
	}
	set, err := guardrail.Compile(objects, guardrail.Options{ExcludedNamespaces: guardrail.ExcludedNamespaces(c.ExcludeNamespaces...)})
	return set, errors.Join(append(mistakes, err)...)
}

// firstGuardrails replaces the built-in default, with a file for each Guardrail.
func (m *manifests) firstGuardrails(guardrails []v1alpha1.Guardrail) {
	files := map[string]string{}
	for i := range guardrails {
		object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&guardrails[i])
		if err != nil {
			panic(fmt.Errorf("guardrail %s: %w", guardrails[i].Name, err)) // it was decoded from a file
		}
		delete(object, "status")
		content, err := yaml.Marshal(object)
		if err != nil {
			panic(fmt.Errorf("guardrail %s: %w", guardrails[i].Name, err))
		}
		files[guardrails[i].Name+".yaml"] = string(content)
	}
	editNamed(m, "ConfigMap", names.FirstGuardrails, func(c *corev1.ConfigMap) { c.Data = files })
}
