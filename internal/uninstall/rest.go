package uninstall

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"taffrail.dev/taffrail/internal/names"
)

// Options are what becomes of the rest.
type Options struct {
	// KeepDefinitions leaves the CRDs, and with them all Guardrails, Exemptions and NamespaceKits.
	KeepDefinitions bool
	// Timeout bounds the wait for the Namespace to be gone.
	Timeout time.Duration
}

var namespace = object{version: "v1", kind: "Namespace", name: names.Namespace}

// inNamespace is what an installation, of whatever form, has in its Namespace. That would take all
// of it along; one that hangs must not leave a server that answers.
var inNamespace = []object{
	{group: "apps", version: "v1", kind: "Deployment", namespace: names.Namespace, name: names.Name},
	{version: "v1", kind: "Service", namespace: names.Namespace, name: names.Name},
	{group: "apps", version: "v1", kind: "Deployment", namespace: names.Namespace, name: names.Audit},
	{version: "v1", kind: "Service", namespace: names.Namespace, name: names.Audit},
	{group: "policy", version: "v1", kind: "PodDisruptionBudget", namespace: names.Namespace, name: names.Audit},
	{group: "networking.k8s.io", version: "v1", kind: "NetworkPolicy", namespace: names.Namespace, name: names.Audit},
	{group: "coordination.k8s.io", version: "v1", kind: "Lease", namespace: names.Namespace, name: names.Audit},
	{version: "v1", kind: "Service", namespace: names.Namespace, name: names.MetricsService},
	{group: "policy", version: "v1", kind: "PodDisruptionBudget", namespace: names.Namespace, name: names.Name},
	{group: "autoscaling", version: "v2", kind: "HorizontalPodAutoscaler", namespace: names.Namespace, name: names.Name},
	{group: "networking.k8s.io", version: "v1", kind: "NetworkPolicy", namespace: names.Namespace, name: names.Name},
	{version: "v1", kind: "ResourceQuota", namespace: names.Namespace, name: names.Name},
	{version: "v1", kind: "ConfigMap", namespace: names.Namespace, name: names.FirstGuardrails},
	{version: "v1", kind: "ConfigMap", namespace: names.Namespace, name: names.Guardrails},
	{version: "v1", kind: "ConfigMap", namespace: names.Namespace, name: names.Dashboard},
	{group: "cert-manager.io", version: "v1", kind: "Certificate", namespace: names.Namespace, name: names.ServingCertificate},
	{group: "cert-manager.io", version: "v1", kind: "Certificate", namespace: names.Namespace, name: names.Authority},
	{group: "cert-manager.io", version: "v1", kind: "Issuer", namespace: names.Namespace, name: names.Name},
	{group: "cert-manager.io", version: "v1", kind: "Issuer", namespace: names.Namespace, name: names.BootstrapIssuer},
	{version: "v1", kind: "Secret", namespace: names.Namespace, name: names.ServingCertificate},
	authority,
	{group: "monitoring.coreos.com", version: "v1", kind: "ServiceMonitor", namespace: names.Namespace, name: names.Name},
	{group: "monitoring.coreos.com", version: "v1", kind: "PodMonitor", namespace: names.Namespace, name: names.Name},
	{group: "monitoring.coreos.com", version: "v1", kind: "PrometheusRule", namespace: names.Namespace, name: names.Name},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "RoleBinding", namespace: names.Namespace, name: names.Doctor},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "Role", namespace: names.Namespace, name: names.LeaderRole},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "Role", namespace: names.Namespace, name: names.AuthorityRole},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "Role", namespace: names.Namespace, name: names.Doctor},
	{version: "v1", kind: "ServiceAccount", namespace: names.Namespace, name: names.Name},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "RoleBinding", namespace: names.Namespace, name: names.Audit},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "Role", namespace: names.Namespace, name: names.Audit},
	{version: "v1", kind: "ServiceAccount", namespace: names.Namespace, name: names.Audit},
}

var clusterWide = []object{
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRoleBinding", name: names.Name},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRoleBinding", name: names.Guardrails},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRoleBinding", name: names.Doctor},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRoleBinding", name: names.Audit},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRoleBinding", name: names.AuditReports},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", name: names.Name},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", name: names.Guardrails},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", name: names.Webhooks},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", name: names.Doctor},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", name: names.ExemptionEditor},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", name: names.Audit},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", name: names.AuditReports},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", name: names.AuditViewer},
	{group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", name: names.Kits},
}

// definitions are the CRDs. What is written in their kinds goes with them.
var definitions = []object{
	{group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition", name: names.ExemptionDefinition},
	{group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition", name: names.GuardrailDefinition},
	{group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition", name: names.KitDefinition},
}

// Rest deletes everything else, the Namespace last, and waits until that is gone.
func (r *Remover) Rest(ctx context.Context, o Options) error {
	deployment, err := r.read(ctx, inNamespace[0])
	failed := []error{err}
	r.helm = deployment != nil && deployment.GetLabels()["app.kubernetes.io/managed-by"] == "Helm"
	failed = append(failed, r.all(ctx, inNamespace))
	if !o.KeepDefinitions {
		failed = append(failed, r.kits(ctx))
		for _, definition := range definitions {
			failed = append(failed, r.definition(ctx, definition))
		}
	}
	failed = append(failed, r.all(ctx, clusterWide))
	failed = append(failed, r.reports(ctx)) // now that the audit has no right any more to write them again
	there, err := r.delete(ctx, namespace)
	failed = append(failed, err)
	if there {
		failed = append(failed, r.awaitNamespace(ctx, o.Timeout))
	}
	return errors.Join(failed...)
}

// Written answers how many Guardrails, Exemptions and NamespaceKits people have written.
func (r *Remover) Written(ctx context.Context) (guardrails, exemptions, kits int, err error) {
	count := func(kind string) int {
		list := &unstructured.UnstructuredList{}
		list.SetAPIVersion("taffrail.dev/v1alpha1")
		list.SetKind(kind + "List")
		if listed := r.client.List(ctx, list); listed != nil && !gone(listed) {
			err = errors.Join(err, fmt.Errorf("count the %ss: %w", kind, listed))
		}
		return len(list.Items)
	}
	return count("Guardrail"), count("Exemption"), count("NamespaceKit"), err
}

// definition deletes a definition and tells what went with it.
func (r *Remover) definition(ctx context.Context, o object) error {
	there, err := r.read(ctx, o)
	if err != nil || there == nil {
		return err
	}
	kind, _, _ := unstructured.NestedString(there.Object, "spec", "names", "kind")
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion("taffrail.dev/v1alpha1")
	list.SetKind(kind + "List")
	counted := r.client.List(ctx, list)
	if _, err := r.delete(ctx, o); err != nil {
		return err
	}
	if counted == nil && len(list.Items) > 0 {
		r.say("with it went %d of kind %s", len(list.Items), kind)
	}
	return nil
}

// awaitNamespace waits until the Namespace is gone.
func (r *Remover) awaitNamespace(ctx context.Context, timeout time.Duration) error {
	var last *unstructured.Unstructured
	err := wait.PollUntilContextTimeout(ctx, pause, timeout, true, func(ctx context.Context) (bool, error) {
		there, err := r.read(ctx, namespace)
		if err == nil {
			last = there
		}
		return err == nil && there == nil, nil // an API server that is busy is asked again
	})
	if err == nil {
		r.say("Namespace %s is gone", names.Namespace)
		return nil
	}
	return fmt.Errorf("%s is still being deleted after %s%s; nothing of Taffrail is called any more: see `kubectl get namespace %s -o yaml`",
		namespace, timeout, waitsFor(last), names.Namespace)
}

// waitsFor says what a Namespace that is being deleted waits for.
func waitsFor(namespace *unstructured.Unstructured) string {
	if namespace == nil {
		return ""
	}
	var why []string
	conditions, _, _ := unstructured.NestedSlice(namespace.Object, "status", "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["status"] == "True" {
			why = append(why, fmt.Sprint(c["message"]))
		}
	}
	if len(why) == 0 {
		return ""
	}
	return " (" + strings.Join(why, "; ") + ")"
}
