package workload

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Foreign is a kind of another system whose controller makes Pods of a template in it. The object
// stays unstructured, and the template is evaluated like that of a Deployment.
type Foreign struct {
	schema.GroupKind
	Resource string
	// Templates are the fields where the template may be: the first that is there is meant.
	Templates [][]string
}

// specTemplate is where most keep it.
var specTemplate = [][]string{{"spec", "template"}}

// foreign are the kinds that hold one template. Those with several (a JobSet, a RayCluster) become
// Pods that only admission sees. They are known in every version: a version that keeps the template
// elsewhere holds none.
var foreign = []Foreign{
	{schema.GroupKind{Group: "actions.github.com", Kind: "AutoscalingRunnerSet"}, "autoscalingrunnersets", specTemplate},
	{schema.GroupKind{Group: "agents.x-k8s.io", Kind: "Sandbox"}, "sandboxes", [][]string{{"spec", "podTemplate"}}},
	{schema.GroupKind{Group: "apps.kruise.io", Kind: "AdvancedCronJob"}, "advancedcronjobs", [][]string{
		{"spec", "template", "jobTemplate", "spec", "template"}, {"spec", "template", "broadcastJobTemplate", "spec", "template"},
	}},
	{schema.GroupKind{Group: "apps.kruise.io", Kind: "BroadcastJob"}, "broadcastjobs", specTemplate},
	{schema.GroupKind{Group: "apps.kruise.io", Kind: "CloneSet"}, "clonesets", specTemplate},
	{schema.GroupKind{Group: "apps.kruise.io", Kind: "DaemonSet"}, "daemonsets", specTemplate},
	{schema.GroupKind{Group: "apps.kruise.io", Kind: "StatefulSet"}, "statefulsets", specTemplate},
	{schema.GroupKind{Group: "apps.openshift.io", Kind: "DeploymentConfig"}, "deploymentconfigs", specTemplate},
	{schema.GroupKind{Group: "argoproj.io", Kind: "Rollout"}, "rollouts", specTemplate},
	{schema.GroupKind{Group: "keda.sh", Kind: "ScaledJob"}, "scaledjobs", [][]string{{"spec", "jobTargetRef", "template"}}},
	{schema.GroupKind{Group: "serving.knative.dev", Kind: "Configuration"}, "configurations", specTemplate},
	{schema.GroupKind{Group: "serving.knative.dev", Kind: "Service"}, "services", specTemplate},
	{schema.GroupKind{Group: "sources.knative.dev", Kind: "ContainerSource"}, "containersources", specTemplate},
}

// ForeignKinds are those that hold a template.
func ForeignKinds() []Foreign { return foreign }

// foreignKinds are the same by their kind: one lookup for each object that stays unstructured.
var foreignKinds = func() map[schema.GroupKind]*Foreign {
	all := make(map[schema.GroupKind]*Foreign, len(foreign))
	for i := range foreign {
		all[foreign[i].GroupKind] = &foreign[i]
	}
	return all
}()

// foreignPod finds the template in an object of another system, or nil where there is none. What is
// no template cannot be evaluated, which is an error.
func foreignPod(o *unstructured.Unstructured) (*Pod, error) {
	f := foreignKinds[o.GroupVersionKind().GroupKind()]
	if f == nil {
		return nil, nil
	}
	for _, path := range f.Templates {
		value, found, err := unstructured.NestedFieldNoCopy(o.Object, path...)
		if err != nil || !found || value == nil {
			continue
		}
		at := (*Path)(nil).Child(path...)
		content, is := value.(map[string]any)
		if !is {
			return nil, &DecodeError{Pointer: at.Pointer(), Detail: "must be a mapping"}
		}
		var template corev1.PodTemplateSpec
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, &template); err != nil {
			return nil, &DecodeError{Pointer: at.Pointer(), Detail: fmt.Sprintf("must be the template of a Pod: %v", err)}
		}
		return templateAt(&template, path...), nil
	}
	return nil, nil
}
