package dashboard

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/internal/names"
)

// pagePort is what the Service calls the port of the page.
const pagePort = "page"

// place is a port of a Pod.
type place struct {
	pod  string
	port int32
}

// find is a Pod that serves the page now.
func find(ctx context.Context, client rest.Interface, namespace string) (place, error) {
	var service corev1.Service
	err := get(ctx, client.Get().AbsPath("/api/v1/namespaces", namespace, "services", names.Audit), &service)
	if apierrors.IsNotFound(err) {
		return place{}, fmt.Errorf("namespace %s has no Service %s: is the audit installed there? `taffrail install --audit` prints what it takes; --namespace names another", namespace, names.Audit)
	}
	if err != nil {
		return place{}, fmt.Errorf("reading Service %s of namespace %s: %w", names.Audit, namespace, err)
	}
	i := slices.IndexFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == pagePort })
	if i < 0 || len(service.Spec.Selector) == 0 {
		return place{}, fmt.Errorf("the Service %s of namespace %s has no port %q that Pods serve", names.Audit, namespace, pagePort)
	}
	var pods corev1.PodList
	request := client.Get().AbsPath("/api/v1/namespaces", namespace, "pods").Param("labelSelector", labels.FormatLabels(service.Spec.Selector))
	if err := get(ctx, request, &pods); err != nil {
		return place{}, fmt.Errorf("listing the Pods of %s in namespace %s: %w", names.Audit, namespace, err)
	}
	for _, pod := range pods.Items {
		if port, serves := portOf(&pod, &service.Spec.Ports[i]); serves {
			return place{pod.Name, port}, nil
		}
	}
	return place{}, fmt.Errorf("none of the %d Pods of %s in namespace %s is ready: `kubectl -n %s describe pods` says why", len(pods.Items), names.Audit, namespace, namespace)
}

// portOf is the port of a ready Pod that a Service leads to.
func portOf(pod *corev1.Pod, service *corev1.ServicePort) (port int32, serves bool) {
	ready := slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
	if !ready || pod.DeletionTimestamp != nil {
		return 0, false
	}
	if service.TargetPort.Type == intstr.Int {
		return cmp.Or(service.TargetPort.IntVal, service.Port), true
	}
	for _, c := range pod.Spec.Containers {
		for _, p := range c.Ports {
			if p.Name == service.TargetPort.StrVal {
				return p.ContainerPort, true
			}
		}
	}
	return 0, false
}

func get(ctx context.Context, request *rest.Request, into any) error {
	result := request.SetHeader("Accept", "application/json").Do(ctx)
	if err := result.Error(); err != nil { // Raw does not read what a failure says
		return err
	}
	raw, err := result.Raw()
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}
