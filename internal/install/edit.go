package install

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/names"
)

// edit changes the object of a kind that is called as the webhooks are, as the type that it has.
func edit[T any](m *manifests, kind string, change func(*T)) {
	editNamed(m, kind, names.Name, change)
}

// editNamed changes the object of a kind and a name.
func editNamed[T any](m *manifests, kind, name string, change func(*T)) {
	for _, object := range m.objects {
		if object.GetKind() != kind || object.GetName() != name {
			continue
		}
		typed := new(T)
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, typed); err != nil {
			panic(fmt.Errorf("deploy: %s %s: %w", kind, object.GetName(), err))
		}
		change(typed)
		changed, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
		if err != nil {
			panic(fmt.Errorf("deploy: %s %s: %w", kind, object.GetName(), err))
		}
		delete(changed, "status") // an API server's to write
		object.Object = changed
		return
	}
	panic("deploy: there is no " + kind + " " + name)
}

func container(d *appsv1.Deployment) *corev1.Container { return &d.Spec.Template.Spec.Containers[0] }

// argument adds an argument to the container of a Deployment.
func (m *manifests) argument(deployment, flag string, values ...string) {
	editNamed(m, "Deployment", deployment, func(d *appsv1.Deployment) {
		c := container(d)
		c.Args = append(c.Args, flag+"="+strings.Join(values, ","))
	})
}
