package mutators

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-runtime-class",
	Summary: "gives a runtime class to Pods that name none",
	Doc: `Code of strangers belongs in a sandbox such as gVisor or Kata Containers. With a
namespaceSelector the Namespaces of tenants get one, whatever their manifests
say.

    runtimeClassName: gvisor
    namespaceSelector:
      matchLabels:
        tenant: "true"

The API server sets the overhead and the node selector of the class afterwards.
The class must exist, or Pods are refused. Pods on Windows, and Pods that use
the host's network, process or IPC namespace, which no sandbox gives them, are
left alone.`,
	References: params.Refs(params.Kyverno, "add-runtimeClassName"),
	New:        newRuntimeClass,
})

type runtimeClass struct {
	RuntimeClassName  string                `json:"runtimeClassName" doc:"the name of a RuntimeClass"`
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector" doc:"the Namespaces, by their labels; left out, all"`
}

func newRuntimeClass(decode params.Decode) (Mutate, error) {
	var p runtimeClass
	if err := decode(&p); err != nil {
		return nil, err
	}
	mistakes := requireObjectName(p.RuntimeClassName, field.NewPath("runtimeClassName"), "a RuntimeClass")
	namespaces, wrong := selectNamespaces(p.NamespaceSelector)
	return func(r *workload.Review) {
		spec := r.Pod.Spec
		if !spec.HostNetwork && !spec.HostPID && !spec.HostIPC && !r.Pod.IsWindows() && namespaces.hold(r) {
			r.Pod.SetRuntimeClassName(p.RuntimeClassName)
		}
	}, append(mistakes, wrong...).ToAggregate()
}
