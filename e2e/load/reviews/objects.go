package reviews

import (
	"encoding/json"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// grown is the pattern with more containers, which are copies of its own, and whose fields are managed.
func (m maker) grown(containers int) *corev1.Pod {
	pod := m.pattern.DeepCopy()
	own := len(pod.Spec.Containers)
	for i := own; i < containers; i++ {
		c := pod.Spec.Containers[i%own].DeepCopy()
		c.Name = fmt.Sprintf("%s-%d", c.Name, i/own)
		pod.Spec.Containers = append(pod.Spec.Containers, *c)
	}
	for i := range pod.ManagedFields {
		pod.ManagedFields[i].FieldsV1 = managed(pod.ManagedFields[i].FieldsV1, pod.Spec.Containers[own:], own)
	}
	return pod
}

// managed has for each container what it has for the one that it is a copy of.
func managed(fields *metav1.FieldsV1, containers []corev1.Container, own int) *metav1.FieldsV1 {
	var tree map[string]map[string]map[string]any
	if json.Unmarshal(fields.GetRawBytes(), &tree) != nil {
		return fields
	}
	of := tree["f:spec"]["f:containers"]
	for i, c := range containers {
		pattern := strings.TrimSuffix(c.Name, fmt.Sprintf("-%d", i/own+1))
		of[fmt.Sprintf(`k:{"name":%q}`, c.Name)] = of[fmt.Sprintf(`k:{"name":%q}`, pattern)]
	}
	return metav1.NewFieldsV1(string(marshal(tree)))
}

// broken is the pattern with more containers and 25 findings: four in each container of six, and one of the Pod.
func (m maker) broken(containers int) *corev1.Pod {
	pod := m.grown(containers)
	pod.Spec.HostPID = true
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		name, _, _ := strings.Cut(c.Image, ":")
		c.Image = name + ":latest"
		c.SecurityContext = &corev1.SecurityContext{
			Privileged:   new(true),
			Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"SYS_ADMIN"}},
			ProcMount:    new(corev1.UnmaskedProcMount),
		}
	}
	return pod
}

// deployment makes the Pods of the pattern. With an old one it is an update.
func (m maker) deployment(name string, old *appsv1.Deployment) Workload {
	kind := metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	object := m.deploymentOf("registry.example.com/shop/checkout:2.18.3")
	review := m.review(kind, "deployments", object, nil)
	if old != nil {
		review = m.review(kind, "deployments", object, old)
	}
	return Workload{name, []Call{{Validate, kind.Kind, review}}}
}

func (m maker) deploymentOf(image string) *appsv1.Deployment {
	labels := map[string]string{"app.kubernetes.io/name": "checkout"}
	spec := m.pattern.Spec.DeepCopy()
	spec.Containers[0].Image = image
	spec.Tolerations, spec.Priority, spec.EnableServiceLinks, spec.PreemptionPolicy = nil, nil, nil, nil
	return &appsv1.Deployment{
		TypeMeta: metav1.TypeMeta{Kind: "Deployment", APIVersion: "apps/v1"},
		ObjectMeta: metav1.ObjectMeta{
			Name: "checkout", Namespace: m.pattern.Namespace, Labels: labels, ManagedFields: m.pattern.ManagedFields,
		},
		Spec: appsv1.DeploymentSpec{
			Replicas: new(int32(3)),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: *spec},
		},
	}
}

// configMap is one that no check looks at, of so many bytes.
func (m maker) configMap(name string, size int) Workload {
	const line = "log_format combined '$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent';\n"
	object := &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{Kind: "ConfigMap", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{Name: "proxy", Namespace: m.pattern.Namespace},
		Data:       map[string]string{"nginx.conf": strings.Repeat(line, size/len(line))},
	}
	kind := metav1.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
	return Workload{name, []Call{{Validate, kind.Kind, m.review(kind, "configmaps", object, nil)}}}
}
