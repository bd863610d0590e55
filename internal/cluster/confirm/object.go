package confirm

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Object is what a review says is there.
type Object struct {
	Resource        schema.GroupVersionResource
	Namespace, Name string
	UID             types.UID
}

func (o Object) String() string {
	return fmt.Sprintf("%s %s/%s with the uid %s", o.Resource.GroupResource(), o.Namespace, o.Name, o.UID)
}

// resources are the workloads that are looked up, by kind. deploy/base/rbac.yaml
// has the right to each.
var resources = map[schema.GroupVersionKind]schema.GroupVersionResource{
	corev1.SchemeGroupVersion.WithKind("Pod"):                   corev1.SchemeGroupVersion.WithResource("pods"),
	corev1.SchemeGroupVersion.WithKind("ReplicationController"): corev1.SchemeGroupVersion.WithResource("replicationcontrollers"),
	appsv1.SchemeGroupVersion.WithKind("Deployment"):            appsv1.SchemeGroupVersion.WithResource("deployments"),
	appsv1.SchemeGroupVersion.WithKind("ReplicaSet"):            appsv1.SchemeGroupVersion.WithResource("replicasets"),
	appsv1.SchemeGroupVersion.WithKind("StatefulSet"):           appsv1.SchemeGroupVersion.WithResource("statefulsets"),
	appsv1.SchemeGroupVersion.WithKind("DaemonSet"):             appsv1.SchemeGroupVersion.WithResource("daemonsets"),
	batchv1.SchemeGroupVersion.WithKind("Job"):                  batchv1.SchemeGroupVersion.WithResource("jobs"),
	batchv1.SchemeGroupVersion.WithKind("CronJob"):              batchv1.SchemeGroupVersion.WithResource("cronjobs"),
}

// Resource is the resource of a kind of workload, if it is one that is looked up.
func Resource(apiVersion, kind string) (schema.GroupVersionResource, bool) {
	resource, known := resources[schema.FromAPIVersionAndKind(apiVersion, kind)]
	return resource, known
}

// check finds what cannot be looked up. The client makes a path of the names: with
// "../" in one, a review could have us read anything that we may.
func (o Object) check() error {
	known := false
	for _, resource := range resources {
		known = known || resource == o.Resource
	}
	wrong := append(validation.IsDNS1123Label(o.Namespace), validation.IsDNS1123Subdomain(o.Name)...)
	switch {
	case !known:
		return fmt.Errorf("%s is no resource that is looked up", o.Resource)
	case len(wrong) > 0:
		return fmt.Errorf("%q/%q is no name: %s", o.Namespace, o.Name, strings.Join(wrong, ", "))
	case o.UID == "":
		return fmt.Errorf("%s/%s has no uid", o.Namespace, o.Name)
	}
	return nil
}
