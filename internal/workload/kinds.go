package workload

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/tape"
)

// kinds are the kinds that checks and defaults know. The others stay unstructured.
var kinds = map[schema.GroupVersionKind]kind{
	corev1.SchemeGroupVersion.WithKind("Pod"):                   {resource: "pods", decoder: into[corev1.Pod]()},
	corev1.SchemeGroupVersion.WithKind("PodTemplate"):           {resource: "podtemplates", decoder: into[corev1.PodTemplate]()},
	corev1.SchemeGroupVersion.WithKind("ReplicationController"): {resource: "replicationcontrollers", decoder: into[corev1.ReplicationController]()},
	appsv1.SchemeGroupVersion.WithKind("Deployment"):            {resource: "deployments", decoder: into[appsv1.Deployment]()},
	appsv1.SchemeGroupVersion.WithKind("ReplicaSet"):            {resource: "replicasets", decoder: into[appsv1.ReplicaSet]()},
	appsv1.SchemeGroupVersion.WithKind("StatefulSet"):           {resource: "statefulsets", decoder: into[appsv1.StatefulSet]()},
	appsv1.SchemeGroupVersion.WithKind("DaemonSet"):             {resource: "daemonsets", decoder: into[appsv1.DaemonSet]()},
	batchv1.SchemeGroupVersion.WithKind("Job"):                  {resource: "jobs", decoder: into[batchv1.Job]()},
	batchv1.SchemeGroupVersion.WithKind("CronJob"):              {resource: "cronjobs", decoder: into[batchv1.CronJob]()},

	corev1.SchemeGroupVersion.WithKind("ConfigMap"):             {resource: "configmaps", decoder: into[corev1.ConfigMap]()},
	corev1.SchemeGroupVersion.WithKind("Endpoints"):             {resource: "endpoints", decoder: into[corev1.Endpoints]()}, //nolint:staticcheck // deprecated, and served
	corev1.SchemeGroupVersion.WithKind("Namespace"):             {resource: "namespaces", decoder: into[corev1.Namespace](), clusterScoped: true},
	corev1.SchemeGroupVersion.WithKind("Node"):                  {resource: "nodes", decoder: into[corev1.Node](), clusterScoped: true},
	corev1.SchemeGroupVersion.WithKind("PersistentVolume"):      {resource: "persistentvolumes", decoder: into[corev1.PersistentVolume](), clusterScoped: true},
	corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim"): {resource: "persistentvolumeclaims", decoder: into[corev1.PersistentVolumeClaim]()},
	corev1.SchemeGroupVersion.WithKind("Secret"):                {resource: "secrets", decoder: into[corev1.Secret]()},
	corev1.SchemeGroupVersion.WithKind("Service"):               {resource: "services", decoder: into[corev1.Service]()},
	corev1.SchemeGroupVersion.WithKind("ServiceAccount"):        {resource: "serviceaccounts", decoder: into[corev1.ServiceAccount]()},

	autoscalingv1.SchemeGroupVersion.WithKind("HorizontalPodAutoscaler"): {resource: "horizontalpodautoscalers", decoder: into[autoscalingv1.HorizontalPodAutoscaler]()},
	autoscalingv2.SchemeGroupVersion.WithKind("HorizontalPodAutoscaler"): {resource: "horizontalpodautoscalers", decoder: into[autoscalingv2.HorizontalPodAutoscaler]()},
	discoveryv1.SchemeGroupVersion.WithKind("EndpointSlice"):             {resource: "endpointslices", decoder: into[discoveryv1.EndpointSlice]()},
	networkingv1.SchemeGroupVersion.WithKind("Ingress"):                  {resource: "ingresses", decoder: into[networkingv1.Ingress]()},
	networkingv1.SchemeGroupVersion.WithKind("NetworkPolicy"):            {resource: "networkpolicies", decoder: into[networkingv1.NetworkPolicy]()},
	policyv1.SchemeGroupVersion.WithKind("PodDisruptionBudget"):          {resource: "poddisruptionbudgets", decoder: into[policyv1.PodDisruptionBudget]()},
	rbacv1.SchemeGroupVersion.WithKind("ClusterRole"):                    {resource: "clusterroles", decoder: into[rbacv1.ClusterRole](), clusterScoped: true},
	rbacv1.SchemeGroupVersion.WithKind("ClusterRoleBinding"):             {resource: "clusterrolebindings", decoder: into[rbacv1.ClusterRoleBinding](), clusterScoped: true},
	rbacv1.SchemeGroupVersion.WithKind("Role"):                           {resource: "roles", decoder: into[rbacv1.Role]()},
	rbacv1.SchemeGroupVersion.WithKind("RoleBinding"):                    {resource: "rolebindings", decoder: into[rbacv1.RoleBinding]()},
}

// carried are the kinds that a subresource is sent. They are no objects of their
// own, so they are not among Kinds, and stand for no resource.
var carried = map[schema.GroupVersionKind]kind{
	autoscalingv1.SchemeGroupVersion.WithKind("Scale"): {decoder: into[autoscalingv1.Scale]()},
	corev1.SchemeGroupVersion.WithKind("Binding"):      {decoder: into[corev1.Binding]()},
}

type kind struct {
	resource      string
	clusterScoped bool
	decoder
}

// Object is any object with metadata, typed or unstructured.
type Object interface {
	runtime.Object
	metav1.Object
}

// decode reads an object of a kind. An object that says it is of another kind
// is refused, or a check for one kind could be passed by an object of another.
func decode(gvk schema.GroupVersionKind, raw []byte, at tape.Value) (Object, error) {
	k, known := kinds[gvk]
	if !known {
		k, known = carried[gvk]
	}
	if !known {
		k.decode = decodeUnstructured
	}
	object, err := k.decode(raw, at)
	if err != nil {
		return nil, fmt.Errorf("decoding a %s: %w", gvk.Kind, err)
	}
	if got := object.GetObjectKind().GroupVersionKind(); got != gvk {
		return nil, fmt.Errorf("the object says it is %s, the request says it is %s", describe(got), describe(gvk))
	}
	return object, nil
}

func describe(gvk schema.GroupVersionKind) string {
	if gvk.Kind == "" {
		return "of no kind"
	}
	return fmt.Sprintf("a %s of %s", gvk.Kind, gvk.GroupVersion())
}

// ResourceFor names the resource that a kind is served under, and whether its objects live in
// namespaces. For kinds that Taffrail does not know the name is guessed from the kind, as kubectl
// does without a cluster, and namespaced is true.
func ResourceFor(gvk schema.GroupVersionKind) (resource schema.GroupVersionResource, namespaced bool) {
	if k, known := kinds[gvk]; known {
		return gvk.GroupVersion().WithResource(k.resource), !k.clusterScoped
	}
	if f, known := foreignKinds[gvk.GroupKind()]; known {
		return gvk.GroupVersion().WithResource(f.Resource), true
	}
	if k, known := otherKinds[gvk]; known {
		return gvk.GroupVersion().WithResource(k.resource), !k.clusterScoped
	}
	resource, _ = meta.UnsafeGuessKindToResource(gvk)
	return resource, true
}

// Kinds are the names of all kinds that Taffrail knows.
func Kinds() []schema.GroupVersionKind {
	all := make([]schema.GroupVersionKind, 0, len(kinds))
	for gvk := range kinds {
		all = append(all, gvk)
	}
	return all
}

// Knows tells whether a kind is one that Taffrail knows.
func Knows(gvk schema.GroupVersionKind) bool {
	_, known := kinds[gvk]
	return known
}

// New makes an object of a kind without anything in it, or nil for a kind that
// Taffrail does not know.
func New(gvk schema.GroupVersionKind) Object {
	k, known := kinds[gvk]
	if !known {
		return nil
	}
	object, err := k.decode([]byte("{}"), tape.Value{})
	if err != nil {
		return nil
	}
	return object
}

// podOf finds the Pod in an object, or nil where there is none. The error says that there is one
// which cannot be evaluated.
func podOf(object Object) (*Pod, error) {
	if o, of := object.(*unstructured.Unstructured); of {
		return foreignPod(o)
	}
	return podIn(object), nil
}

// podIn is podOf for the kinds of Kubernetes.
func podIn(object Object) *Pod {
	switch o := object.(type) {
	case *corev1.Pod:
		return &Pod{Meta: &o.ObjectMeta, Spec: &o.Spec}
	case *appsv1.Deployment:
		return templateAt(&o.Spec.Template, "spec", "template")
	case *appsv1.ReplicaSet:
		return templateAt(&o.Spec.Template, "spec", "template")
	case *appsv1.StatefulSet:
		return templateAt(&o.Spec.Template, "spec", "template")
	case *appsv1.DaemonSet:
		return templateAt(&o.Spec.Template, "spec", "template")
	case *batchv1.Job:
		return templateAt(&o.Spec.Template, "spec", "template")
	case *batchv1.CronJob:
		return templateAt(&o.Spec.JobTemplate.Spec.Template, "spec", "jobTemplate", "spec", "template")
	case *corev1.ReplicationController:
		if o.Spec.Template == nil {
			return nil
		}
		return templateAt(o.Spec.Template, "spec", "template")
	case *corev1.PodTemplate:
		return templateAt(&o.Template, "template")
	default:
		return nil
	}
}

func templateAt(t *corev1.PodTemplateSpec, path ...string) *Pod {
	return &Pod{Meta: &t.ObjectMeta, Spec: &t.Spec, Path: (*Path)(nil).Child(path...)}
}
